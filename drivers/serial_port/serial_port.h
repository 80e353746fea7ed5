// Serial ports of Linux as the rig's end of RS-485 buses.
#pragma once

#include <memory>

#include "drivers/registry.h"

namespace bmsrig {

/// Makes a SerialAdapter.
///
/// | option        | default  | range             | meaning |
/// |---------------|----------|-------------------|---|
/// | devices       | (needed) |                   | one for each channel: "/dev/ttyUSB0
/// /dev/ttyUSB1" | | bit_rate      | (needed) | 50 .. 10,000,000  | bit/s, any: REC's units work at
/// 56,000 | | rs485         | kernel   | kernel, rts, none | who switches the driver of the wire:
/// the kernel by RTS, the rig by RTS, the adapter by itself | | echo          | no       | yes, no
/// | the adapter hears what it sends, as with two wires and no switched receiver | | serial_number
/// |          |                   | of the USB adapter; another one is an error | | calibrated    |
/// | ISO 8601 date     | serial ports are not calibrated as a rule | | safe          | off      |
/// off, hold         | off: gives up what waits to be sent |
///
/// Where the kernel cannot switch, the adapter is taken to do it; identify() says who does. A byte
/// has the time at which it was read: later than its stop bit by as long as the port collects bytes
/// (a 16550A 4 byte times, a USB adapter 1 ms, or 16 ms where it cannot be told to be quick) and
/// by what the processor took. With `echo` what comes back is swallowed as far as it was sent, and
/// another byte counts as a collision. A real port knows nothing of the UUT's bit rate: 0 leaves it
/// as it is.
std::unique_ptr<Instrument> make_serial_port(InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
