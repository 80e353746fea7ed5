// Where a SCPI instrument is reached: a TCP socket that listens, or the terminal side of a pty.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/instrument_server/scpi_device.h"
#include "rig/config/bench.h"
#include "rig/reactor.h"

namespace bmsrig::scpi_server {

/// How the wire behaves, and how it misbehaves on purpose: a driver is to name every one of these.
/// A count of 0 means never.
struct PortOptions {
    std::string listen = "tcp 127.0.0.1:0";  ///< or "pty"; port 0 is the kernel's choice
    Duration latency{};  ///< from the end of a query to its answer; nothing else is done meanwhile
    Duration byte_pacing{};   ///< between the bytes of an answer
    int connections = 0;      ///< at once; 0: as many as come. One more is closed at once
    bool interrupts = false;  ///< a message before the former answer discards it: error -410
    std::string line_end = "\n";
    int drops_connection_after = 0;  ///< messages
    int silent_after = 0;            ///< answers
    int garbage_every = 0;           ///< so many answers one that is no text
    int half_lines_every = 0;        ///< so many answers one that breaks off
    int talks_unasked_every = 0;     ///< so many answers an extra line in front
    int errors_every = 0;            ///< so many messages error -240 in the queue
};

/// Takes listen, latency, byte_pacing, connections, interrupts, line_end and the faults.
PortOptions take_port_options(InstrumentSpec& serve);

/// What a port asks of the laboratory.
struct PortOwner {
    Reactor& reactor;
    std::function<void()> catch_up;    ///< before a message acts
    std::function<Instant()> settled;  ///< when everything set so far has settled
    std::function<void(std::string_view line)> log;
};

class Port {
  public:
    /// Throws InstrumentError if it cannot be opened. Device and owner outlive it.
    static std::unique_ptr<Port> open(Device& device, const PortOptions& options,
                                      const PortOwner& owner);
    virtual ~Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// As a driver's `address`: "tcp 127.0.0.1:40113", "serial /dev/pts/4 115200".
    [[nodiscard]] virtual std::string address() const = 0;

  protected:
    Port() = default;
};

}  // namespace bmsrig::scpi_server
