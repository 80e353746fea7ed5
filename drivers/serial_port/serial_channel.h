// One channel of a serial port driver: a line, what waits to be sent on it, what came in.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/serial_port/echo.h"
#include "drivers/serial_port/marked_bytes.h"
#include "drivers/serial_port/serial_line.h"
#include "rig/instruments/serial_adapter.h"
#include "rig/reactor.h"

namespace bmsrig {

/// What a bench file says of a channel.
struct SerialSetup {
    std::string instrument;
    int channel = 1;
    std::string device;
    std::uint32_t bit_rate = 0;
    DirectionControl direction = DirectionControl::kernel;
    bool echoes = false;
};

class SerialChannel {
  public:
    /// The reactor and the listener outlive it. Throws InstrumentError.
    SerialChannel(SerialSetup setup, Reactor& reactor, const SerialAdapter::Listener& listener);

    /// A new test: what is in the port is forgotten; a port that had vanished is opened again.
    void restart();
    void send(std::span<const std::uint8_t> bytes);
    void give_up();
    void set_bit_rate(std::uint32_t bit_rate);

    [[nodiscard]] std::uint32_t bit_rate() const { return bit_rate_; }
    [[nodiscard]] const SerialCounts& counts() const { return counts_; }
    [[nodiscard]] DirectionControl direction() const { return direction_; }
    [[nodiscard]] const std::string& device() const { return setup_.device; }

  private:
    /// The port while it is open. Handlers that were ready when it was closed find it gone.
    struct Open {
        Open(const SerialSetup& setup, const std::string& who, Reactor& reactor);
        ~Open() { readiness.release(); }  // the line closes it
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;
        SerialLine line;
        boost::asio::posix::stream_descriptor readiness;
        boost::asio::steady_timer rts_off;
        bool waits_for_room = false;
    };

    void open();
    void wait_for_bytes();
    void read();
    void take(const MarkedByte& marked, Instant now);
    void write();
    void release_bus_later(std::size_t bytes);
    template <typename Action>
    void guarded(const Action& action);
    [[nodiscard]] Duration time_of(std::size_t bytes) const;

    SerialSetup setup_;
    std::string who_;
    Reactor& reactor_;
    const SerialAdapter::Listener& listener_;
    std::shared_ptr<Open> port_;  // none after it failed
    DirectionControl direction_;
    std::uint32_t bit_rate_;
    SerialCounts counts_;
    MarkedBytes marks_;
    Echo echo_;
    std::vector<std::uint8_t> waiting_;
};

}  // namespace bmsrig
