#include "rig/time.h"

#include <cmath>

#include "rig/error.h"
#include "rig/quantity.h"

namespace bmsrig {

Duration duration_from_seconds(double seconds) {
    constexpr double longest = 100.0 * 365.25 * 86400;
    if (!std::isfinite(seconds) || std::abs(seconds) > longest) {
        throw InputError("a time of " + format_number(seconds) +
                         " s was given; expected a finite number of seconds within 100 years");
    }
    return Duration{static_cast<std::int64_t>(std::llround(seconds * 1e9))};
}

std::string format_duration(Duration d) {
    return format_number(to_seconds(d)) + " s";
}

std::string format_time(Instant t) {
    return format_duration(t.time_since_epoch());
}

}  // namespace bmsrig
