// One channel of a SocketCAN adapter: what waits to be sent, what was heard, how its node stands.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/socketcan/can_link.h"
#include "drivers/socketcan/can_socket.h"
#include "drivers/socketcan/error_frame.h"
#include "rig/instruments/can_adapter.h"
#include "rig/scheduler.h"

namespace bmsrig {

/// What a bench file says of a channel.
struct SocketCanSetup {
    std::string instrument;
    int channel = 1;
    std::string interface;
    std::uint32_t bit_rate = 0;  ///< expected; 0: whatever the interface works at
    bool may_configure = false;  ///< whether the rig may set the interface
    std::vector<can_filter> filters;
};

/// The kernel's side of a channel.
struct CanPort {
    std::function<std::unique_ptr<CanSocket>()> open;
    std::unique_ptr<CanLink> link;
};

class SocketCanBus {
  public:
    /// More than 2 s of full-length frames at 500 kbit/s.
    static constexpr std::size_t longest_queue = 10'000;

    /// The scheduler and the listener outlive the bus. Throws InstrumentError.
    SocketCanBus(SocketCanSetup setup, CanPort port, Scheduler& scheduler,
                 const CanAdapter::Listener& listener);
    ~SocketCanBus();
    SocketCanBus(const SocketCanBus&) = delete;
    SocketCanBus& operator=(const SocketCanBus&) = delete;

    /// A new test: what was scheduled means nothing any more.
    void restart();
    void send(const CanFrame& frame);
    /// What has not been handed to the kernel is not sent.
    void give_up() { waiting_.clear(); }
    void set_bit_rate(std::uint32_t bit_rate);
    void set_listen_only(bool listens);
    void recover();

    [[nodiscard]] const CanSettings& settings() const { return settings_; }
    [[nodiscard]] std::uint32_t bit_rate() const;
    [[nodiscard]] CanState state() const { return state_; }
    [[nodiscard]] const CanBusCounts& counts() const { return counts_; }
    [[nodiscard]] const std::string& interface() const { return setup_.interface; }
    [[nodiscard]] const CanLinkState& link() const { return link_; }

  private:
    void open();
    void check_link();
    void configure(std::uint32_t bit_rate, bool listens, const char* ability);
    [[nodiscard]] bool has_sound_socket();
    void pump();
    void hear();
    void take(const CanArrival& arrival);
    void take_error(const can_frame& raw, Instant time);
    void check_lost(const CanArrival& arrival);
    void tell(const CanEvent& event);
    [[nodiscard]] bool replace(const CanFrame& frame);
    [[nodiscard]] Duration bits(int count) const;
    [[nodiscard]] std::string where() const;
    [[noreturn]] void fail(const std::error_code& problem);

    SocketCanSetup setup_;
    CanPort port_;
    Scheduler& scheduler_;
    const CanAdapter::Listener& listener_;
    std::unique_ptr<CanSocket> socket_;  // none after it failed
    std::error_code failure_;            // why
    CanLinkState link_;                  // as it was looked at last
    CanSettings settings_;
    CanState state_ = CanState::error_active;
    CanBusCounts counts_;
    std::deque<CanFrame> waiting_;
    std::deque<CanFrame> on_the_way_;  // handed to the kernel, not yet seen back
    bool is_stuck_ = false;            // the last frame of the rig was broken off
    std::optional<Scheduler::EventId> retry_;
    std::uint32_t lost_ = 0;  // of this socket, as told last
    Instant last_;            // the listener is told in the order of time
};

}  // namespace bmsrig
