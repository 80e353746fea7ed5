// Temperature simulators that speak SCPI.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a TemperatureSimulator of a real instrument. Its options beside those of
/// drivers/scpi/core.h: minimum, maximum, resolution and accuracy; as commands set_temperature
/// (channel, value), present and absent (channel or channels; none: its sensors are always there)
/// and read_temperature (channel). A sensor is absent until its first temperature is set. A stuck
/// one needs no command: it is told nothing.
std::unique_ptr<Instrument> make_scpi_temperature_simulator(InstrumentSpec& spec,
                                                            const DriverContext& context);

}  // namespace bmsrig
