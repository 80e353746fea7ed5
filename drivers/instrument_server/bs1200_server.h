// A virtual cell simulator as boxes of a Bloomy BS1200 on a CAN interface.
#pragma once

#include <memory>

#include "drivers/instrument_server/bridge.h"
#include "drivers/instrument_server/can_wire.h"

namespace bmsrig {

/// Serves a CellSimulator.
///
/// | option    | default           | range         | meaning |
/// |-----------|-------------------|---------------|---|
/// | interface | (needed)          |               | of the boxes alone: "vcan1" |
/// | period    | 10 ms             | 1 .. 1000 ms  | how often each box sends its readings |
///
/// As many boxes as its cells need, numbered from 1; cells that it does not have read as 0 V. The
/// boxes understand the frames of drivers/bloomy_bs1200/bs1200_frames.h and no others.
std::unique_ptr<Bridge> make_bloomy_bs1200_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                  const BridgeContext& context);
std::unique_ptr<Bridge> make_bloomy_bs1200_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                  const BridgeContext& context,
                                                  const OpenCanSocket& open);

}  // namespace bmsrig
