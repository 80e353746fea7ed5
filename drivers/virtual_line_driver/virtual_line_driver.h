// The virtual line driver: relay contacts that press a UUT's switches.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a LineDriver that is also SourceTerminals: 0 open, 1 closed. At power-on all contacts are
/// open.
///
/// | option       | default | range     | meaning |
/// |--------------|---------|-----------|---|
/// | channels     | 8       | 1 .. 64   | number of contacts |
/// | operate_time | 1 ms    | 0 .. 10 s | from the command to the move |
///
/// is_closed() is what the contact was last told; the terminals follow after the operate time.
std::unique_ptr<Instrument> make_virtual_line_driver(InstrumentSpec& spec,
                                                     const DriverContext& context);

}  // namespace bmsrig
