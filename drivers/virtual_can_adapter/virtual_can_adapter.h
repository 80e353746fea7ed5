// The virtual CAN adapter: a bus between the rig's node and the UUT's, with time on the wire.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a CanAdapter that is also CanTerminals.
///
/// | option   | default | range          | meaning |
/// |----------|---------|----------------|---|
/// | channels | 1       | 1 .. 16        | number of buses |
/// | bit_rate | 0       | 0 .. 1,000,000 | of the rig's node in bit/s; 0: as the UUT speaks |
///
/// Each frame takes its time, stuff bits included; where both nodes have one waiting, the lower
/// identifier goes first. A frame at another rate than the receiver's is an error frame and reaches
/// nobody. A UUT that goes on sending more than the bus can carry is an InstrumentError.
std::unique_ptr<Instrument> make_virtual_can_adapter(InstrumentSpec& spec,
                                                     const DriverContext& context);

}  // namespace bmsrig
