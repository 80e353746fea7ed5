// Fault matrices that speak SCPI: relay cards between the cell sources and the UUT's plug.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a CellFaultMatrix. A cell simulator uses it whose option `faults` names it. Options beside
/// those of drivers/scpi/core.h, of which `channels` is the number of cells: open_relays (default
/// 101, 102, ..), short_relays (201 ..), reverse_relays (301 ..) and exchange_relays (none; one
/// fewer than cells), as the instrument numbers them; commands close and open (channel or
/// channels), which energise relays and let them go.
std::unique_ptr<Instrument> make_scpi_fault_matrix(InstrumentSpec& spec,
                                                   const DriverContext& context);

}  // namespace bmsrig
