// The virtual shunt injector: a millivolt source across the UUT's shunt terminals.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a ShuntInjector that is also SourceTerminals. Off and at power-on its terminals are
/// joined: 0 V.
/// What the options up to update_interval mean: drivers/virtual_common/analog_options.h.
///
/// | option           | default | range          | meaning |
/// |------------------|---------|----------------|---|
/// | channels         | 1       | 1 .. 64        | number of shunts |
/// | minimum          | -110 mV | -10 .. 10 V    | lowest set-point |
/// | maximum          | 110 mV  | -10 .. 10 V    | highest set-point |
/// | resolution       | 1 uV    | 1e-9 .. 1 V    | of set-points and readings |
/// | accuracy         | 5 uV    | 0 .. 1 V       | bound of all errors |
/// | noise            | 0.5 uV  | 0 .. 1 V       | rms, in readings and output |
/// | noise_interval   | 0 s     | 0 .. 3600 s    | of the output's draws; 0: quiet |
/// | slew_per_second  | 0 V     | 0 .. 1e9 V     | per second; 0: no limit |
/// | settling_time    | 1 ms    | 0 .. 3600 s    | full range to half a step |
/// | update_interval  | 1 ms    | 1 us .. 3600 s | length of a step on the way |
/// | source_impedance | 1 ohm   | 0 .. 1000 ohm  | what a load's current drops across |
/// | current_limit    | 20 mA   | 0 .. 1000 A    | beyond it the voltage gives way |
///
/// The step stays below one count of a REC 2Q (1.953 uV), the range covers twice a 50 mV shunt and
/// a margin.
std::unique_ptr<Instrument> make_virtual_shunt_injector(InstrumentSpec& spec,
                                                        const DriverContext& context);

}  // namespace bmsrig
