// A node of a virtual CAN bus: what it has to send, and how it stands with the bus.
#pragma once

#include <cstdint>
#include <deque>

#include "drivers/virtual_can_adapter/can_error_counters.h"
#include "rig/can_frame.h"
#include "rig/time.h"

namespace bmsrig {

class CanNode {
  public:
    /// More than 2 s of full-length frames at 500 kbit/s.
    static constexpr std::size_t longest_queue = 10'000;

    std::uint32_t bit_rate = 0;  ///< 0: not known
    CanErrorCounters errors;
    Instant suspended_until;  ///< before this it must not begin a frame
    Instant recovers_at;      ///< from bus-off

    /// A frame to be sent, behind those that wait. While its head cannot leave it works as a
    /// mailbox: a frame takes the place of the one with its identifier. False: too many wait.
    [[nodiscard]] bool hand(const CanFrame& frame) {
        const bool is_stuck = repeats_ || bit_rate == 0 || errors.state() == CanState::bus_off;
        if (is_stuck && replace(frame)) return true;
        if (waiting_.size() - (is_sending_ ? 1 : 0) >= longest_queue) return false;
        waiting_.push_back(frame);
        return true;
    }
    [[nodiscard]] bool has_frame() const { return !waiting_.empty() && !is_sending_; }
    [[nodiscard]] const CanFrame& head() const { return waiting_.front(); }
    /// Its head goes out. True if it was broken off before.
    bool begin() {
        is_sending_ = true;
        return repeats_;
    }
    /// Its head has gone out, soundly or not.
    void end(bool is_sound) {
        is_sending_ = false;
        repeats_ = !is_sound && !is_given_up_;
        if (is_given_up_ || (is_sound && !is_head_new_)) waiting_.pop_front();
        is_given_up_ = false;
        is_head_new_ = false;
    }
    /// Nothing but what stands on the wire is sent any more, and this not again.
    void give_up();

  private:
    bool replace(const CanFrame& frame);

    std::deque<CanFrame> waiting_;  // its head may stand on the wire
    bool is_sending_ = false;
    bool repeats_ = false;
    bool is_given_up_ = false;  // the head
    bool is_head_new_ = false;  // a frame took the place of the one that stands on the wire
};

}  // namespace bmsrig
