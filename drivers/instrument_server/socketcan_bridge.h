// A virtual CAN bus on CAN interfaces of Linux: a vcan, or two controllers that share a bus.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "drivers/instrument_server/bridge.h"
#include "drivers/instrument_server/can_wire.h"
#include "drivers/socketcan/can_link.h"

namespace bmsrig {

/// Serves a CanAdapter.
///
/// | option     | default                  | range              | meaning |
/// |------------|--------------------------|--------------------|---|
/// | interfaces | (needed)                 |                    | the rig's, one for each channel |
/// | far_ends   | (the same)               |                    | where the rig's are controllers |
/// | bit_rate   | of the virtual adapter   | 0 .. 1,000,000     | at which the rig begins |
///
/// Frames of the UUT come out at their end, frames of the rig go into the virtual bus when they
/// arrive here. A rig sees its frames leave at once, also those that the virtual bus has not
/// carried yet. The virtual node comes back from bus-off by itself, as with restart-ms.
///
/// On virtual interfaces ("interfaces: vcan0") both sides share one. What is an error frame on the
/// virtual bus, or changes the state of its node, is an error frame there; `bit_rate` only says how
/// long the rig takes frames to last, since a vcan has no rate.
///
/// Controllers ("interfaces: can0", "far_ends: can1", joined by a bus) have bit rates, which the
/// rig sets at its own: the virtual node has them at once, so who does not hear whom is decided by
/// the virtual bus, and emulated controllers serve that share a bus without any rate. While the rig
/// only listens, the far end acknowledges in its place, as an inverter on the same bus would, and
/// the rig is handed what is at its rate. Error frames cannot be sent there.
std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context);

/// What the bridge has of the kernel, by the name of an interface.
struct CanInterfaces {
    OpenCanSocket open;
    std::function<std::unique_ptr<CanLink>(const std::string& interface)> link;
};

/// The same on other interfaces than the kernel's.
std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context,
                                                      const CanInterfaces& kernel);

}  // namespace bmsrig
