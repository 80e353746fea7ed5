#include "rig/time.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

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

std::string format_brief(Duration d) {
    constexpr std::array<std::pair<const char*, double>, 4> units{
        {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}}};
    const auto nanoseconds = static_cast<double>(d.count());
    for (const auto& [unit, length] : units) {
        if (std::abs(nanoseconds) < length && length > 1) continue;
        std::array<char, 40> text{};
        std::snprintf(text.data(), text.size(), "%.3g %s", nanoseconds / length, unit);
        return text.data();
    }
    return "0 ns";
}

}  // namespace bmsrig
