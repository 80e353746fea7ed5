// A virtual CAN bus on a CAN interface of Linux, a vcan as a rule.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "drivers/instrument_server/bridge.h"
#include "drivers/socketcan/can_socket.h"

namespace bmsrig {

/// Serves a CanAdapter.
///
/// | option     | default                  | range              | meaning |
/// |------------|--------------------------|--------------------|---|
/// | interfaces | (needed)                 |                    | one for each channel: "vcan0
/// vcan1" | | bit_rate   | of the virtual adapter   | 0 .. 1,000,000     | how long the rig takes
/// frames to last; a vcan has no rate |
///
/// Frames of the UUT come out at their end, frames of the rig go into the virtual bus when they
/// arrive here. What is an error frame on the virtual bus, or changes the state of its node, is an
/// error frame on the interface. A rig on a vcan sees its frames leave at once, also those that the
/// virtual bus has not carried yet. The node comes back from bus-off by itself, as with restart-ms.
std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context);

/// The same on other sockets.
using OpenCanSocket = std::function<std::unique_ptr<CanSocket>(const std::string& interface)>;
std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context,
                                                      const OpenCanSocket& open);

}  // namespace bmsrig
