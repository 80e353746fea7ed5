#include "drivers/virtual_can_adapter/can_node.h"

#include <algorithm>

namespace bmsrig {

bool CanNode::hand(const CanFrame& frame) {
    const bool is_stuck = repeats_ || bit_rate == 0 || errors.state() == CanState::bus_off;
    if (is_stuck) {
        const auto old = std::find_if(
            waiting_.begin() + (is_given_up_ ? 1 : 0), waiting_.end(), [&](const CanFrame& other) {
                return other.id == frame.id && other.extended == frame.extended &&
                       other.remote == frame.remote;
            });
        if (old != waiting_.end()) {
            *old = frame;
            return true;
        }
    }
    if (waiting_.size() - (is_sending_ ? 1 : 0) >= longest_queue) return false;
    waiting_.push_back(frame);
    return true;
}

bool CanNode::begin() {
    is_sending_ = true;
    return repeats_;
}

void CanNode::end(const CanFrame& frame, bool is_sound) {
    is_sending_ = false;
    repeats_ = !is_sound && !is_given_up_;
    // A newer one may have taken its place meanwhile, and is still to be sent.
    if (is_given_up_ || (is_sound && head() == frame)) waiting_.pop_front();
    is_given_up_ = false;
}

void CanNode::give_up() {
    is_given_up_ = is_sending_;
    repeats_ = false;
    waiting_.resize(is_sending_ ? 1 : 0);
}

}  // namespace bmsrig
