// A CAN frame as Linux's raw sockets carry it.
#pragma once

#include <linux/can.h>

#include <algorithm>
#include <span>

#include "rig/can_frame.h"

namespace bmsrig {

inline can_frame linux_frame(const CanFrame& frame) {
    can_frame raw{};
    raw.can_id =
        frame.id | (frame.extended ? CAN_EFF_FLAG : 0U) | (frame.remote ? CAN_RTR_FLAG : 0U);
    raw.len = frame.length;
    std::ranges::copy(frame.bytes(), std::span(raw.data).begin());
    return raw;
}

/// Of no error frame.
inline CanFrame rig_frame(const can_frame& raw) {
    CanFrame frame;
    frame.extended = (raw.can_id & CAN_EFF_FLAG) != 0;
    frame.remote = (raw.can_id & CAN_RTR_FLAG) != 0;
    frame.id = raw.can_id & (frame.extended ? CAN_EFF_MASK : CAN_SFF_MASK);
    // Linux tells how many bytes a remote frame asks for; the rig's remote frames ask for none.
    frame.length = frame.remote ? 0 : std::min<std::uint8_t>(raw.len, CAN_MAX_DLEN);
    std::copy_n(std::span(raw.data).begin(), frame.length, frame.data.begin());
    return frame;
}

}  // namespace bmsrig
