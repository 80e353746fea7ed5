// The status of an instrument: its error queue and its event register (IEEE 488.2 chapter 11).
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "drivers/instrument_server/scpi_failure.h"

namespace bmsrig::scpi_server {

/// Bits of the standard event status register.
enum class Event : std::uint8_t {
    operation_complete = 1U << 0U,
    query_error = 1U << 2U,
    device_error = 1U << 3U,
    execution_error = 1U << 4U,
    command_error = 1U << 5U,
    power_on = 1U << 7U
};

/// One for an instrument, whoever is connected.
class Status {
  public:
    static constexpr std::size_t queue_size = 20;

    /// Once the queue is full, its newest entry becomes -350 and later ones are lost.
    void add(const Failure& failure);
    /// `0,"No error"` when there is none; takes the oldest.
    std::string take_error();
    [[nodiscard]] std::size_t errors() const { return queue_.size(); }

    void raise(Event event) { events_ |= static_cast<std::uint8_t>(event); }
    /// Reading clears it.
    std::uint8_t take_events();
    /// Bit 2: the error queue; 5: an enabled event; 6: an enabled one of these.
    [[nodiscard]] std::uint8_t byte() const;
    std::uint8_t event_enable = 0;
    std::uint8_t service_enable = 0;
    /// Empties queue and event register; what is enabled stays.
    void clear();

  private:
    std::deque<std::string> queue_;
    std::uint8_t events_ = static_cast<std::uint8_t>(Event::power_on);
};

}  // namespace bmsrig::scpi_server
