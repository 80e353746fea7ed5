// Voltage sources that speak SCPI: power supplies, and precision sources as shunt injectors.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a PowerSupply of a real instrument. Its options beside those of drivers/scpi/core.h:
/// minimum, maximum, resolution and accuracy of the voltage; as commands set_voltage (channel,
/// value; does not switch the output on), output_on, output_off and read_voltage (channel), and
/// prepare, which is sent at the start of each test after the reset.
std::unique_ptr<Instrument> make_scpi_power_supply(InstrumentSpec& spec,
                                                   const DriverContext& context);

/// Makes a ShuntInjector of a precision source. Off is 0 V with the output on. Options and commands
/// beside those above:
///
/// | option    | default  | meaning |
/// |-----------|----------|---|
/// | ranges    | one      | ends and steps, the smallest first: "20 mV / 0.5 uV, 200 mV / 5 uV" |
/// | charging  | positive | sign of the voltage that means charging; negative: it is turned round |
/// | set_range |          | command (channel, range) |
///
/// A voltage is put out in the smallest range that holds it, and the range is changed so that the
/// output never goes beyond the greater of the old and the new voltage.
std::unique_ptr<Instrument> make_scpi_shunt_injector(InstrumentSpec& spec,
                                                     const DriverContext& context);

}  // namespace bmsrig
