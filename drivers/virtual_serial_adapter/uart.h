// What a UART makes of bytes on the wire: 8 data bits, no parity, 1 stop bit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rig/time.h"

namespace bmsrig {

constexpr int bits_per_byte = 10;  // with start and stop bit

/// A byte as the receiver has it.
struct SampledByte {
    Duration after{};  ///< the end of its stop bit, after the start of the first byte's start bit
    std::uint8_t byte = 0;
    bool has_stop_bit = true;
};

/// Bytes sent without a gap at one rate, sampled in the middle of each bit at another (bit/s, more
/// than 0). At equal rates every byte arrives as it was sent.
std::vector<SampledByte> sample_bytes(std::span<const std::uint8_t> bytes, std::uint32_t sent_at,
                                      std::uint32_t sampled_at);

}  // namespace bmsrig
