// The ranges of a precision source, each with its own steps.
#pragma once

#include <vector>

#include "drivers/scpi/core.h"

namespace bmsrig::scpi {

struct SourceRange {
    double end = 0;  ///< largest magnitude that it holds
    double step = 0;

    /// To the nearest step.
    [[nodiscard]] double round(double value) const;
    /// To the next step that is not greater.
    [[nodiscard]] double towards_zero(double value) const;
};

/// Takes the option `ranges`, "20 mV / 0.5 uV, 200 mV / 5 uV"; a step that is not said is the
/// resolution. One range as wide as `whole` unless said. Throws InputError unless they grow, the
/// last holds all of `whole` and has its resolution.
std::vector<SourceRange> take_source_ranges(InstrumentSpec& spec, const Range& whole);

/// The smallest one that holds a voltage; the last one holds all.
const SourceRange& range_holding(const std::vector<SourceRange>& ranges, double value);

}  // namespace bmsrig::scpi
