// The bit rates that CAN has, and how any other is refused.
#pragma once

#include <cstdint>
#include <string>

#include "rig/config/bench.h"

namespace bmsrig {

/// RatingError unless it is 10,000 to 1,000,000 bit/s, or 0 for that of whoever speaks.
void check_can_bit_rate(const std::string& instrument, int channel, std::uint32_t bit_rate);

/// The option `bit_rate` of a bench file; `zero` is what 0 stands for there ("that of the UUT").
/// Throws InputError with file and line.
std::uint32_t take_can_bit_rate(InstrumentSpec& spec, std::uint32_t otherwise,
                                const std::string& zero);

}  // namespace bmsrig
