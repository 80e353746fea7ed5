// A raw CAN socket of Linux, as little of it as the drivers on CAN need, so that a test can stand
// in its place.
#pragma once

#include <linux/can.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/reactor.h"
#include "rig/time.h"

namespace bmsrig {

/// What the kernel hands over: a frame, or an error frame with CAN_ERR_FLAG in its identifier.
struct CanArrival {
    can_frame frame{};
    Instant time;         ///< of its end, by the adapter's stamp if it has one, else the kernel's
    bool is_own = false;  ///< sent by this socket, and it has left
    std::uint32_t lost = 0;  ///< how many the kernel has dropped since the socket was opened
};

/// What goes wrong is thrown as std::system_error with the kernel's error number.
class CanSocket {
  public:
    virtual ~CanSocket() = default;
    CanSocket(const CanSocket&) = delete;
    CanSocket& operator=(const CanSocket&) = delete;

    /// Who is called on the reactor when something waits to be taken.
    virtual void on_ready(std::function<void()> ready) = 0;
    /// Nothing if nothing waits.
    virtual std::optional<CanArrival> take() = 0;
    /// Throws what has happened to the interface and nobody was told of: ENETDOWN, ENODEV.
    virtual void check() = 0;
    /// False: the kernel's queue is full.
    [[nodiscard]] virtual bool put(const can_frame& frame) = 0;
    /// For the guard.
    [[nodiscard]] virtual int descriptor() const = 0;

  protected:
    CanSocket() = default;
};

/// Opens a socket on a network interface with error frames and its own frames seen back. Without
/// filters it hears every frame. The reactor outlives it.
std::unique_ptr<CanSocket> open_can_socket(Reactor& reactor, const std::string& interface,
                                           const std::vector<can_filter>& filters = {});

}  // namespace bmsrig
