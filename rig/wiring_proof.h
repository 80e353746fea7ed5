// The wiring self-test: proves every line of the bench before a plan is trusted to it. A line that
// floats looks like an output that was released, so a fault of the wiring would be told as one of
// the unit, or hide one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rig/rig.h"

namespace bmsrig {

/// What was seen of one line.
struct LineProof {
    std::string line;
    std::string unpowered;  ///< "floats", "dark", or what is wrong
    std::string powered;    ///< its levels at the baseline and after each step of the fixture
    bool ok = true;

    [[nodiscard]] std::string describe() const {
        return unpowered.empty() || powered.empty() ? unpowered + powered
                                                    : unpowered + "; " + powered;
    }
};

struct WiringReport {
    std::vector<LineProof> lines;
    /// Each one names the lines and nets concerned and says what to do; none: the wiring is proven.
    std::vector<std::string> faults;
    /// What the test saw and cannot decide, such as a broken wire or a dead output.
    std::vector<std::string> notes;
    /// What it could not see on any bench of this fixture: lines that answer alike to all stimuli.
    std::vector<std::string> blind_spots;
};

/// First without power for the UUT, only a supply at which it cannot work: each line alone must
/// follow the pull-up and the pull-down of the bench, and no other line may follow with it. Then,
/// if nothing was found, with the UUT on at the baseline and after the stimuli of the fixture: a
/// line that answers as another one should, while that one does not, is wired to the wrong net. A
/// unit that answers wrongly in any other way is left to the plan to judge. Ends with the bench
/// safe. Throws what the rig throws (LinkError, InstrumentError).
WiringReport prove_wiring(Rig& rig, std::uint64_t seed);

}  // namespace bmsrig
