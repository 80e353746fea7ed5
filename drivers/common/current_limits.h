// How much a cell of a cell simulator sources and sinks at most: what a bench file says of it, and
// what is refused.
#pragma once

#include <string>

#include "rig/config/bench.h"
#include "rig/units.h"

namespace bmsrig {

/// In amperes.
struct CurrentLimits {
    double source = 0;
    double sink = 0;
};

/// Takes the options source_limit and sink_limit, `usual` unless said, 0 to `most`. Throws
/// InputError.
CurrentLimits take_current_limits(InstrumentSpec& spec, double usual, double most);

/// Throws RatingError that names the instrument and the channel unless both are asked for within 0
/// and `most`.
void check_current_limits(const std::string& instrument, int channel, const Amperes& source,
                          const Amperes& sink, const CurrentLimits& most);

}  // namespace bmsrig
