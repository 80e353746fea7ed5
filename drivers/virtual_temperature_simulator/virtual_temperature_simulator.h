// The virtual temperature simulator: sensors with the steps and the range of a DS18B20.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a TemperatureSimulator that is also SourceTerminals. A sensor is absent (NaN) until its
/// first temperature is set and has settled.
/// What the options up to update_interval mean: drivers/virtual_common/analog_options.h.
///
/// | option          | default     | range             | meaning |
/// |-----------------|-------------|-------------------|---|
/// | channels        | 1           | 1 .. 64           | number of sensors |
/// | minimum         | -55 degC    | -273 .. 1000 degC | lowest set-point |
/// | maximum         | 125 degC    | -273 .. 1000 degC | highest set-point |
/// | resolution      | 0.0625 degC | 1e-9 .. 10 degC   | of set-points and readings |
/// | accuracy        | 0.1 degC    | 0 .. 10 degC      | bound of all errors |
/// | noise           | 0 degC      | 0 .. 10 degC      | rms, in readings and output |
/// | noise_interval  | 0 s         | 0 .. 3600 s       | of the output's draws; 0: quiet |
/// | slew_per_second | 0 degC      | 0 .. 1e9 degC     | per second; 0: no limit |
/// | settling_time   | 100 ms      | 0 .. 3600 s       | full range to half a step |
/// | update_interval | 100 ms      | 1 us .. 3600 s    | length of a step on the way |
///
/// Range and step are those of the DS18B20 (data sheet: -55 .. +125 degC, 0.0625 degC at 12 bit).
std::unique_ptr<Instrument> make_virtual_temperature_simulator(InstrumentSpec& spec,
                                                               const DriverContext& context);

}  // namespace bmsrig
