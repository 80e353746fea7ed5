// How long a CAN frame stands on the wire.
#pragma once

#include "rig/can_frame.h"

namespace bmsrig {

/// Bits from the start of frame to the end of the pause after it (interframe space), stuff bits
/// included. ISO 11898-1: a stuff bit follows five equal bits from the start of frame to the end of
/// the checksum.
int frame_bits(const CanFrame& frame);

}  // namespace bmsrig
