// Finding the bit rate of a CAN bus by listening.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "rig/instruments/can_adapter.h"
#include "rig/time.h"

namespace bmsrig {

struct CanRateSearch {
    /// In bit/s, tried in this order; the usual ones first.
    std::vector<std::uint32_t> candidates{500'000, 250'000, 125'000, 100'000, 1'000'000};
    /// How long to listen at each at most: three frames of a unit that sends one every 150 ms, and
    /// some more.
    Duration listening = std::chrono::milliseconds{500};
};

/// The first candidate at which a frame of the UUT is sound, whether or not anybody acknowledges
/// it. The rig's node only listens meanwhile, so it breaks nothing off; a UUT that is alone with it
/// lacks its acknowledgement and goes on repeating one frame until this returns. Afterwards the
/// node is set as before. `run` lets this much time pass.
/// Throws InputError if a candidate or the time is none, InstrumentError if the node is off the bus
/// or no candidate fits; it says what was seen at each.
std::uint32_t detect_can_bit_rate(CanAdapter& adapter, int channel, const CanRateSearch& search,
                                  const std::function<void(Duration)>& run);

}  // namespace bmsrig
