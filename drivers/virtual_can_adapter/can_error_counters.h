// The error counters of a CAN node, and what they say about it.
#pragma once

#include <algorithm>

#include "rig/instruments/can_adapter.h"

namespace bmsrig {

/// Fault confinement by the rules of ISO 11898-1.
class CanErrorCounters {
  public:
    [[nodiscard]] CanState state() const {
        if (transmit_ > last_on_bus) return CanState::bus_off;
        if (transmit_ > last_active || receive_ > last_active) return CanState::error_passive;
        return CanState::error_active;
    }
    [[nodiscard]] int transmit() const { return transmit_; }
    [[nodiscard]] int receive() const { return receive_; }
    /// 0 if it is not error active.
    [[nodiscard]] int transmit_errors_to_passive() const;

    void sent() { transmit_ = std::max(transmit_ - 1, 0); }
    void transmit_error();
    /// Nobody acknowledged its frame: no error of its own any more once it is error passive.
    void unacknowledged();
    /// From passive it goes back to somewhere between 119 and 127.
    void received() { receive_ = std::min(std::max(receive_ - 1, 0), last_active); }
    void receive_error();
    /// It was the first to complain: dominant bits, the others' flags, followed its own error flag.
    void answered_error_flag();

  private:
    static constexpr int last_active = 127;
    static constexpr int last_on_bus = 255;
    void count_receive(int errors);
    int transmit_ = 0;
    int receive_ = 0;
};

}  // namespace bmsrig
