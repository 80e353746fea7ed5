// Relay cards that speak SCPI.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a LineDriver of a real relay card. Its options are those of drivers/scpi/core.h and the
/// commands close and open (channel or channels). `safe` is one word for all channels or, by
/// commas, one for each: open (default), closed or hold.
std::unique_ptr<Instrument> make_scpi_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context);

}  // namespace bmsrig
