#include "drivers/virtual_can_adapter/can_error_counters.h"

#include <algorithm>

namespace bmsrig {

namespace {

constexpr int error = 8;
/// The standard knows no end of the receive counter; controllers count it in 8 bits.
constexpr int highest_receive = 255;

}  // namespace

int CanErrorCounters::transmit_errors_to_passive() const {
    if (state() != CanState::error_active) return 0;
    return (last_active - transmit_) / error + 1;
}

void CanErrorCounters::transmit_error() {
    transmit_ += error;
}

void CanErrorCounters::unacknowledged() {
    if (state() == CanState::error_active) transmit_error();
}

void CanErrorCounters::receive_error() {
    count_receive(1);
}

void CanErrorCounters::answered_error_flag() {
    count_receive(error);
}

void CanErrorCounters::count_receive(int errors) {
    receive_ = std::min(receive_ + errors, highest_receive);
}

}  // namespace bmsrig
