// The virtual CAN adapter: a bus between the rig's node and the UUT's, with time on the wire.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a CanAdapter that is also CanTerminals.
///
/// | option   | default | range                  | meaning |
/// |----------|---------|------------------------|---|
/// | channels | 1       | 1 .. 16                | number of buses |
/// | bit_rate | 0       | 0, 10,000 .. 1,000,000 | of the rig's node, bit/s; 0: as the UUT speaks |
///
/// Each frame takes its time, stuff bits included; where both nodes have one waiting, the lower
/// arbitration field goes first. Errors, error counters and bus-off follow ISO 11898-1. Where the
/// standard leaves it open, or more detail would show nothing:
///
/// - Another bit rate is noticed at the sixth bit of the slower node (a stuff error). An error
///   active node that does not understand a frame breaks it off there; one that is passive or only
///   listens lets it pass, and then nobody acknowledges it.
/// - An error frame has one flag of 6 bits where its sender is alone with it, 12 where both nodes
///   raise one; then the delimiter of 8 and the intermission of 3.
/// - Equal arbitration fields with different data spoil each other at the first different bit.
/// - A node hears frames from their start: power, another rate or the end of bus-off in the middle
///   of one show it nothing before the next.
/// - The UUT's node leaves bus-off by itself, the rig's by recover(), 128 times 11 bits later
///   whatever is on the bus.
/// - A listening rig tells of a frame that nobody acknowledged as an error, of an error passive
///   sender too.
/// - A short circuit leaves the bus recessive: each node fails at its own start of frame and hears
///   nothing. An open wire lies behind the rig's terminating resistor: each node hears itself, and
///   nobody acknowledges. A fault that comes or goes breaks off what stands on the bus.
///
/// A UUT that goes on sending more than the bus can carry is an InstrumentError.
std::unique_ptr<Instrument> make_virtual_can_adapter(InstrumentSpec& spec,
                                                     const DriverContext& context);

}  // namespace bmsrig
