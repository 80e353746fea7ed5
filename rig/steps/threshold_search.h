// A step: move a stimulus in small steps until a line changes, and say where it did.
#pragma once

#include <string>

#include "rig/rig.h"

namespace bmsrig {

struct ThresholdSearch {
    std::string port;  ///< what is moved
    std::string line;  ///< what is watched
    LineLevel becomes = LineLevel::inactive;
    double start = 0;
    double stop = 0;
    double step = 0;   ///< > 0, in the port's unit
    Duration dwell{};  ///< each step is held this long once settled: the UUT's slowest reaction and
                       ///< the line's debounce
};

struct ThresholdResult {
    enum class Outcome : unsigned char { found, already, never } outcome = Outcome::never;
    double value =
        0;  ///< the middle between the last step without the change and the first with it
    double uncertainty = 0;  ///< half that distance and the source's accuracy
    Instant time{};          ///< when the line changed
};

/// `already`: the line had the level after the dwell at start. `never`: it did not take it up to
/// stop. The stimulus stays where the search ended. Throws InputError if step is not positive or
/// would take over 1,000,000 steps, RatingError if start or stop may not be applied.
ThresholdResult find_threshold(Rig& rig, const ThresholdSearch& search);

}  // namespace bmsrig
