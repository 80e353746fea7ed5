// How long a CAN frame stands on the wire, and who gets it.
#pragma once

#include <cstdint>

#include "rig/can_frame.h"

namespace bmsrig {

/// Bits from the start of frame to the end of the pause after it (interframe space), stuff bits
/// included. ISO 11898-1: a stuff bit follows five equal bits from the start of frame to the end of
/// the checksum.
int frame_bits(const CanFrame& frame);

/// What decides who goes first, the lower number: the arbitration field as it goes out.
std::uint64_t arbitration_field(const CanFrame& frame);

/// How many bits of two different frames, sent at the same time, stand on the wire up to and with
/// the first in which they differ.
int bits_to_difference(const CanFrame& one, const CanFrame& other);

}  // namespace bmsrig
