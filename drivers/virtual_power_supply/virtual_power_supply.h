// The virtual power supply: a bench supply of 0-80 V for the UUT's own terminals.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a PowerSupply that is also SourceTerminals. Off, its terminals float (NaN); switched on,
/// it rises from 0 V.
/// What the options up to update_interval mean: drivers/virtual_common/analog_options.h.
///
/// | option           | default | range           | meaning |
/// |------------------|---------|-----------------|---|
/// | channels         | 1       | 1 .. 64         | number of outputs |
/// | minimum          | 0 V     | -1000 .. 1000 V | lowest set-point |
/// | maximum          | 80 V    | -1000 .. 1000 V | highest set-point |
/// | resolution       | 10 mV   | 1e-9 .. 10 V    | of set-points and readings |
/// | accuracy         | 20 mV   | 0 .. 10 V       | bound of all errors |
/// | noise            | 2 mV    | 0 .. 10 V       | rms, in readings and output |
/// | noise_interval   | 0 s     | 0 .. 3600 s     | of the output's draws; 0: quiet |
/// | slew_per_second  | 1000 V  | 0 .. 1e9 V      | per second; 0: no limit |
/// | settling_time    | 10 ms   | 0 .. 3600 s     | full range to half a step |
/// | update_interval  | 5 ms    | 1 us .. 3600 s  | length of a step on the way |
/// | source_impedance | 10 mohm | 0 .. 1000 ohm   | what a load's current drops across |
/// | current_limit    | 3 A     | 0 .. 1000 A     | beyond it the voltage gives way |
///
/// 80 V covers every product (up to 70 V); the other figures are those of an ordinary programmable
/// bench supply.
std::unique_ptr<Instrument> make_virtual_power_supply(InstrumentSpec& spec,
                                                      const DriverContext& context);

}  // namespace bmsrig
