#include "drivers/virtual_common/analog_options.h"

#include "rig/error.h"
#include "rig/random_source.h"

namespace bmsrig {

namespace {

constexpr int most_channels = 64;
constexpr double longest_seconds = 3600;
constexpr double shortest_interval = 1e-6;
constexpr double finest_resolution = 1e-9;
constexpr double fastest_slew = 1e9;
constexpr double longest_ramp_seconds = 86400;

[[noreturn]] void refuse(const InstrumentSpec& spec, const std::string& text) {
    throw InputError(spec.file, spec.line, "instrument \"" + spec.name + "\": " + text);
}

void check(const InstrumentSpec& spec, const AnalogSpec& analog) {
    const auto text = [&](double value) { return format_quantity(value, analog.unit); };
    if (analog.minimum >= analog.maximum) {
        refuse(spec,
               "minimum " + text(analog.minimum) + " is not below maximum " + text(analog.maximum));
    }
    const double range = analog.maximum - analog.minimum;
    if (analog.resolution > range) {
        refuse(spec, "resolution " + text(analog.resolution) + " is more than the range of " +
                         text(range));
    }
    // What rounding and the worst noise use up is no longer free for the calibration's error.
    const double least = RandomSource::noise_bound * analog.noise + analog.resolution / 2;
    if (analog.accuracy < least) {
        refuse(spec, "accuracy " + text(analog.accuracy) +
                         " cannot be kept: half the resolution and 4 times the noise are " +
                         text(least) + " already; give a coarser accuracy or less noise");
    }
    if (analog.noise_interval != Duration::zero() &&
        to_seconds(analog.noise_interval) < shortest_interval) {
        refuse(spec, "noise_interval " + format_duration(analog.noise_interval) +
                         " is too short; expected 0 s (a quiet output) or 1 us and more");
    }
    if (analog.slew > 0 && range / analog.slew > longest_ramp_seconds) {
        refuse(spec, "slew_per_second " + text(analog.slew) +
                         " would need more than a day for the range of " + text(range) +
                         "; expected a faster one, or 0 for no limit");
    }
}

}  // namespace

AnalogSpec take_analog_options(InstrumentSpec& spec, const AnalogSpec& defaults,
                               const AnalogBounds& bounds) {
    AnalogSpec analog = defaults;
    const auto value = [&](std::string_view key, double otherwise, double low, double high) {
        return spec.number(key, defaults.unit, otherwise, low, high);
    };
    const auto time = [&](std::string_view key, Duration otherwise, double shortest) {
        return duration_from_seconds(
            spec.number(key, Unit::second, to_seconds(otherwise), shortest, longest_seconds));
    };
    analog.channels = spec.integer("channels", defaults.channels, 1, most_channels);
    analog.minimum = value("minimum", defaults.minimum, bounds.lowest, bounds.highest);
    analog.maximum = value("maximum", defaults.maximum, bounds.lowest, bounds.highest);
    analog.resolution = value("resolution", defaults.resolution, finest_resolution, bounds.error);
    analog.accuracy = value("accuracy", defaults.accuracy, 0, bounds.error);
    analog.noise = value("noise", defaults.noise, 0, bounds.error);
    analog.noise_interval = time("noise_interval", defaults.noise_interval, 0);
    analog.slew = value("slew_per_second", defaults.slew, 0, fastest_slew);
    analog.settling_time = time("settling_time", defaults.settling_time, 0);
    analog.update_interval = time("update_interval", defaults.update_interval, shortest_interval);
    analog.calibrated = spec.date("calibrated");
    check(spec, analog);
    return analog;
}

}  // namespace bmsrig
