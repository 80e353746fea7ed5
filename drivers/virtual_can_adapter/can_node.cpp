#include "drivers/virtual_can_adapter/can_node.h"

#include <algorithm>

namespace bmsrig {

bool CanNode::replace(const CanFrame& frame) {
    const auto old = std::find_if(
        waiting_.begin() + (is_given_up_ ? 1 : 0), waiting_.end(), [&](const CanFrame& other) {
            return other.id == frame.id && other.extended == frame.extended &&
                   other.remote == frame.remote;
        });
    if (old == waiting_.end()) return false;
    *old = frame;
    if (is_sending_ && old == waiting_.begin()) is_head_new_ = true;
    return true;
}

void CanNode::give_up() {
    is_given_up_ = is_sending_;
    repeats_ = false;
    waiting_.resize(is_sending_ ? 1 : 0);
}

}  // namespace bmsrig
