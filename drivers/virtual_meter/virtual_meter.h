// The virtual meter: reads what a BMS process puts out, as well as a real one would.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a Meter that is also ProbeTerminals.
///
/// | option     | default | range                | meaning |
/// |------------|---------|----------------------|---|
/// | channels   | 1       | 1 .. 64              | number of inputs |
/// | unit       | V       | V, A, ohm, degC, ratio | of the options below |
/// | resolution | 1 mV    | 1e-9 .. 1000         | readings are rounded to it |
/// | accuracy   | 10 mV   | resolution/2 .. 1000 | bound of a reading's error, all included |
/// | noise      | 0       | 0 .. accuracy        | rms of a reading; no draw is beyond 4 times this
/// |
///
/// What rounding and noise leave of the accuracy is the calibration's error, fixed for each channel
/// by the bench's seed; an accuracy that leaves less than nothing is refused.
std::unique_ptr<Instrument> make_virtual_meter(InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
