#include "drivers/common/current_limits.h"

#include "rig/error.h"
#include "rig/quantity.h"

namespace bmsrig {

CurrentLimits take_current_limits(InstrumentSpec& spec, double usual, double most) {
    return {spec.number("source_limit", Unit::ampere, usual, 0, most),
            spec.number("sink_limit", Unit::ampere, usual, 0, most)};
}

void check_current_limits(const std::string& instrument, int channel, const Amperes& source,
                          const Amperes& sink, const CurrentLimits& most) {
    const auto check = [&](const char* what, double asked, double limit) {
        if (asked >= 0 && asked <= limit) return;
        throw RatingError("instrument \"" + instrument + "\", channel " + std::to_string(channel) +
                          ": a " + what + " limit of " + format_quantity(asked, Unit::ampere) +
                          " was asked for, but its range is 0 A .. " +
                          format_quantity(limit, Unit::ampere) + "; refused, nothing was changed");
    };
    check("source", source.value(), most.source);
    check("sink", sink.value(), most.sink);
}

}  // namespace bmsrig
