// A CAN summary: what a block of CAN frames says about each identifier, for tables over millions of
// frames.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rig/instruments/can_adapter.h"

namespace bmsrig {

/// What a block holds of one sort of event: one identifier received or sent, or error frames of one
/// cause.
struct CanSummary {
    CanEvent last;  ///< whole
    Instant first;  ///< when the first one ended
    std::uint64_t count = 0;
    /// Between the ends of two that follow one another; both 0 if there is one only.
    Duration shortest{};
    Duration longest{};
};

/// In the order in which they came first. Throws InputError if the bytes are no such block.
std::vector<CanSummary> summarise_can_events(std::string_view blob);

}  // namespace bmsrig
