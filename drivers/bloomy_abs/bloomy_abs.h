// The Bloomy ABS: a battery simulator of 8 cells a unit.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a CellSimulator. Its options are those of drivers/scpi/scpi_cell_simulator.h with the
/// values of bloomy_abs.yaml beside this; several units go into `addresses`. An alarm of a unit is
/// an InstrumentError that names it: looked for after every command, and every second between them.
std::unique_ptr<Instrument> make_bloomy_abs(InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
