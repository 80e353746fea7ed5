// A CAN network interface as Linux manages it (rtnetlink): its bit rate, its state, its modes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "rig/instruments/can_adapter.h"
#include "rig/reactor.h"

namespace bmsrig {

struct CanLinkState {
    bool is_up = false;
    std::string kind;            ///< "can": a controller; "vcan": none, and no bit rate either
    std::uint32_t bit_rate = 0;  ///< 0: it has none
    bool is_listen_only = false;
    CanState state = CanState::error_active;
    int transmit_errors = 0;
    int receive_errors = 0;
};

/// What goes wrong is thrown as std::system_error with the kernel's error number: ENODEV without
/// such an interface, EPERM without the permission to change it, EOPNOTSUPP for a mode it does not
/// have.
class CanLink {
  public:
    virtual ~CanLink() = default;
    CanLink(const CanLink&) = delete;
    CanLink& operator=(const CanLink&) = delete;

    [[nodiscard]] virtual CanLinkState look() = 0;
    /// Takes the interface down, sets it, and brings it up. Sockets on it see it go down.
    virtual void configure(std::uint32_t bit_rate, bool listen_only) = 0;
    /// Lets the controller leave bus-off. EBUSY: it does so by itself.
    virtual void restart() = 0;
    /// Who is called on the reactor after an interface was set, up or down, this one or another, by
    /// whomever. The reactor outlives the link.
    virtual void on_change(Reactor& reactor, std::function<void()> changed) = 0;

  protected:
    CanLink() = default;
};

std::unique_ptr<CanLink> make_can_link(const std::string& interface);

}  // namespace bmsrig
