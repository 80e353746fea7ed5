// The virtual line bank: digital inputs that feel the levels which the wiring computes.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a LineBank that is also SenseTerminals.
///
/// | option            | default | range        | meaning |
/// |-------------------|---------|--------------|---|
/// | channels          | 8       | 1 .. 64      | number of lines |
/// | stamp_uncertainty | 1 us    | 0 .. 1 s     | declared, of an edge's stamp |
/// | buffer            | 1024    | 1 .. 1000000 | edges that wait for take_edges() |
///
/// At power-on every line reads indeterminate, as nothing drives it yet, has no debounce and
/// Bias::down. The first level that reaches it is its first edge. An edge to a level is stamped
/// with the first moment at which the line had that level since it left the former one for good:
/// bounces shorter than the debounce do not move the stamp. A debounce may be 0 .. 1 h. When more
/// edges of one line wait than the buffer holds, the oldest are lost: a gap in the sequence.
std::unique_ptr<Instrument> make_virtual_line_bank(InstrumentSpec& spec,
                                                   const DriverContext& context);

}  // namespace bmsrig
