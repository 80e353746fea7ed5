// Finding the bit rate of a CAN bus by listening.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
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

struct CanRateFound {
    std::optional<std::uint32_t> bit_rate;
    std::string heard;  ///< at each candidate that was tried: "250000 bit/s: silence"
};

/// The first candidate at which a frame of the UUT is sound, whether or not anybody acknowledges
/// it. The rig's node only listens meanwhile, so it breaks nothing off; a UUT that is alone with it
/// lacks its acknowledgement and goes on repeating one frame until this returns. Afterwards the
/// node is set as before. `run` lets this much time pass.
/// Nothing if no candidate fits. Throws InputError if a candidate or the time is none, or the node
/// is off the bus.
CanRateFound detect_can_bit_rate(CanAdapter& adapter, int channel, const CanRateSearch& search,
                                 const std::function<void(Duration)>& run);

}  // namespace bmsrig
