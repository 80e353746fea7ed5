// Time in the rig: integer nanoseconds since the start of the test, passed in, never read from a
// clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bmsrig {

/// Tag for the rig's own time line. It has no now(): ask the Clock.
struct RigTimeline {
    using duration = std::chrono::nanoseconds;
};

using Duration = std::chrono::nanoseconds;
/// A moment on the rig's time line; zero is the start of the test.
using Instant = std::chrono::time_point<RigTimeline, Duration>;

constexpr Instant instant_from_ns(std::int64_t ns) {
    return Instant{Duration{ns}};
}
constexpr std::int64_t to_ns(Instant t) {
    return t.time_since_epoch().count();
}
constexpr double to_seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}
constexpr double to_seconds(Instant t) {
    return to_seconds(t.time_since_epoch());
}

/// Seconds to whole nanoseconds, rounded to nearest.
/// Throws InputError if not finite or beyond +/-100 years.
Duration duration_from_seconds(double seconds);

/// "12.345 s", without trailing zeros, for messages.
std::string format_time(Instant t);
std::string format_duration(Duration d);
/// "251 us", "10 ms", "1.5 s": three digits, for how long the rig's own work took.
std::string format_brief(Duration d);

}  // namespace bmsrig
