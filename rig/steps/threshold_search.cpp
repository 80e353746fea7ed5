#include "rig/steps/threshold_search.h"

#include <algorithm>
#include <cmath>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr double most_steps = 1e6;

int count_steps(const ThresholdSearch& search) {
    const double steps = std::abs(search.stop - search.start) / search.step;
    if (!(search.step > 0) || !(steps <= most_steps)) {
        throw InputError(
            "threshold of " + search.port + ": from " + format_number(search.start) + " to " +
            format_number(search.stop) + " in steps of " + format_number(search.step) +
            " cannot be searched; expected a step above 0 and at most 1,000,000 steps");
    }
    return static_cast<int>(std::ceil(steps - 1e-9));
}

}  // namespace

ThresholdResult find_threshold(Rig& rig, const ThresholdSearch& search) {
    const int steps = count_steps(search);
    const double direction = search.stop < search.start ? -search.step : search.step;
    const SignalId signal = rig.line_signal(search.line);
    const auto wanted = static_cast<double>(search.becomes);

    double before = rig.stimuli().apply(search.port, search.start, rig.now());
    rig.run_until(rig.settled_at() + search.dwell);
    if (rig.read_line(search.line).level == search.becomes)
        return {ThresholdResult::Outcome::already};

    for (int i = 1; i <= steps; ++i) {
        // Counted from the start, so that rounding does not add up; the last step ends at stop
        // exactly.
        const double target = i == steps ? search.stop : search.start + direction * i;
        const double in_force = rig.stimuli().apply(search.port, target, rig.now());
        if (const auto change =
                rig.wait_for(signal, wanted, rig.settled_at() + search.dwell - rig.now())) {
            return {ThresholdResult::Outcome::found, (before + in_force) / 2,
                    std::abs(in_force - before) / 2 + rig.stimuli().accuracy(search.port),
                    change->time};
        }
        before = in_force;
    }
    return {ThresholdResult::Outcome::never};
}

}  // namespace bmsrig
