// The options that every virtual instrument with analogue outputs has.
#pragma once

#include <string>

#include "rig/config/bench.h"
#include "rig/quantity.h"
#include "rig/time.h"

namespace bmsrig {

/// What the channels of an analogue instrument can do, in the instrument's base unit.
struct AnalogSpec {
    int channels = 1;
    Unit unit = Unit::volt;
    double minimum = 0;  ///< range of the set-points; requests outside are refused
    double maximum = 0;
    double resolution = 0;  ///< set-points and readings are rounded to it, not cut
    /// Bound of the difference between the value in force and the terminals (settled, no load), and
    /// of that between the terminals and a reading. Noise and a reading's rounding are part of it;
    /// what they leave is the calibration's error, fixed for each channel.
    double accuracy = 0;
    double noise = 0;  ///< rms of each reading and of the output; no draw is beyond 4 times this
    /// How often the output's noise is drawn anew; zero: the output is quiet and costs no events.
    Duration noise_interval{};
    double slew = 0;  ///< fastest change per second (slew_per_second); 0: no limit
    /// In which a step over the full range comes within half a step of the resolution where the
    /// slew rate is no limit; a first-order system, so that smaller steps take less.
    Duration settling_time{};
    /// The output moves in steps of this length; the last one ends when it has settled.
    Duration update_interval{};
    std::string calibrated{};  ///< what it says of its calibration: a day, or nothing
};

/// What the options may be at most.
struct AnalogBounds {
    double lowest = 0;  ///< of minimum and maximum
    double highest = 0;
    double error = 0;  ///< of resolution, accuracy and noise
};

/// Takes channels, minimum, maximum, resolution, accuracy, noise, noise_interval, slew_per_second,
/// settling_time, update_interval and calibrated; what the file does not say is as in `defaults`.
/// Throws InputError with file and line if a value is out of bounds, or if the values contradict
/// one another.
AnalogSpec take_analog_options(InstrumentSpec& spec, const AnalogSpec& defaults,
                               const AnalogBounds& bounds);

}  // namespace bmsrig
