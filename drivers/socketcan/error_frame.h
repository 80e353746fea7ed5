// Error frames, as Linux tells what a CAN controller saw (linux/can/error.h).
#pragma once

#include <linux/can.h>

#include <optional>

#include "rig/instruments/can_adapter.h"

namespace bmsrig {

/// What an error frame says. One can say several things, or only that the controller's state has
/// changed.
struct CanErrorReport {
    CanError error = CanError::none;  ///< none: no frame was broken off
    bool is_own = false;              ///< the adapter was sending it
    std::optional<CanState> state{};  ///< that the controller is in from now on
    bool has_counters = false;
    int transmit_errors = 0;
    int receive_errors = 0;
    bool has_overflown = false;  ///< the controller lost frames for want of room
};

CanErrorReport read_error_frame(const can_frame& raw);
/// The inverse, for who plays a controller.
can_frame error_frame(const CanErrorReport& report);

}  // namespace bmsrig
