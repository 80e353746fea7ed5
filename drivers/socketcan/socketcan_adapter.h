// A CAN adapter that Linux has a driver for, through its network interface (SocketCAN).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/registry.h"
#include "drivers/socketcan/socketcan_bus.h"

namespace bmsrig {

/// Makes a CanAdapter.
///
/// | option        | default  | range                  | meaning |
/// |---------------|----------|------------------------|---|
/// | interfaces    | (needed) |                        | one for each channel: "can0 can1" |
/// | bit_rate      | 0        | 0, 10,000 .. 1,000,000 | bit/s; 0: that of the interface. Another
/// one there is an error | | set_bit_rate  | no       | yes, no                | the rig may set
/// the interfaces: bit rate, listen-only, up; takes CAP_NET_ADMIN | | filters       | (all)    |
/// can-utils' notation    | the frames it hears, see can_filters.h | | serial_number |          |
/// | of the adapter; another one is an error | | calibrated    |          | ISO 8601 date | CAN
/// adapters are not calibrated as a rule | | safe          | off      | off, hold              |
/// off: gives up what waits to be sent |
///
/// The time of a frame is the adapter's stamp where it has a clock of its own, else the kernel's.
/// A frame of the rig counts as sent when the kernel has seen it leave. An adapter tells of error
/// frames only while berr-reporting is on, which the rig switches on where it may set the
/// interface, and never of how much of a frame stood on the bus before. A vcan has no bit rate:
/// `bit_rate` then only says how long frames are taken to last.
std::unique_ptr<Instrument> make_socketcan_adapter(InstrumentSpec& spec,
                                                   const DriverContext& context);

/// What the bench file says of the adapter as a whole.
struct SocketCanOptions {
    std::string name;
    std::string serial_number;
    std::string calibrated;
    bool holds = false;
};

/// The same on given ports, one for each channel.
std::unique_ptr<Instrument> make_socketcan_adapter(const SocketCanOptions& options,
                                                   const std::vector<SocketCanSetup>& setups,
                                                   std::vector<CanPort> ports,
                                                   Scheduler& scheduler);

}  // namespace bmsrig
