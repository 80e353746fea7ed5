// The virtual cell simulator: sources of 0-5 V with the limits of a real one.
#pragma once

#include <memory>

#include "drivers/common/current_limits.h"
#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a CellSimulator that is also SourceTerminals.
/// What the options up to update_interval mean: drivers/virtual_common/analog_options.h.
///
/// | option           | default | range          | meaning |
/// |------------------|---------|----------------|---|
/// | channels         | 4       | 1 .. 64        | number of cells |
/// | minimum          | 0 V     | -10 .. 10 V    | lowest set-point |
/// | maximum          | 5 V     | -10 .. 10 V    | highest set-point |
/// | resolution       | 0.1 mV  | 1e-9 .. 1 V    | of set-points and readings |
/// | accuracy         | 0.3 mV  | 0 .. 1 V       | bound of all errors |
/// | noise            | 20 uV   | 0 .. 1 V       | rms, in readings and output |
/// | noise_interval   | 0 s     | 0 .. 3600 s    | of the output's draws; 0: quiet |
/// | slew_per_second  | 1000 V  | 0 .. 1e9 V     | per second; 0: no limit |
/// | settling_time    | 10 ms   | 0 .. 3600 s    | full range to half a step |
/// | update_interval  | 5 ms    | 1 us .. 3600 s | length of a step on the way |
/// | source_impedance | 10 mohm | 0 .. 1000 ohm  | what a load's current drops across |
/// | source_limit     | 1.2 A   | 0 .. 100 A     | most a cell sources; also at power-on |
/// | sink_limit       | 1.2 A   | 0 .. 100 A     | most a cell sinks; also at power-on |
/// | current_accuracy | 1 mA    | 0 .. 1 A       | bound of a current reading's error |
///
/// The defaults follow what public manuals of 8 and 12 cell simulators say (0.1 mV steps, readback
/// valid 10 ms after a set) and what a BMS accurate to 1 mV with 4 ohm balancing loads needs (0.3
/// mV, 10 mohm, 1.2 A).
///
/// A relay connects each source: it closes once the source has settled, so that a cell which is
/// switched on never passes through voltages that nobody asked for. The short and open faults part
/// the source from the terminals.
std::unique_ptr<Instrument> make_virtual_cell_simulator(InstrumentSpec& spec,
                                                        const DriverContext& context);

/// What its options say of the current limits; for whoever serves it as another instrument.
CurrentLimits take_virtual_cell_limits(InstrumentSpec& spec);

}  // namespace bmsrig
