// Meters that speak SCPI.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a Meter of a real instrument. Its options beside those of drivers/scpi/core.h: unit (V, A,
/// ohm, degC or ratio), resolution (none unless said) and
/// accuracy of a reading in that unit, and scale, by which a reading in the instrument's
/// own unit is multiplied (a divider, a clamp); as a command read (channel).
std::unique_ptr<Instrument> make_scpi_meter(InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
