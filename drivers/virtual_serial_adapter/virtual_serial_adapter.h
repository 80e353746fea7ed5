// The virtual serial adapter: a wire pair between the rig's port and the UUT's, on which bytes take
// their time.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a SerialAdapter that is also SerialTerminals.
///
/// | option   | default | range           | meaning |
/// |----------|---------|-----------------|---|
/// | channels | 1       | 1 .. 16         | number of buses |
/// | bit_rate | 0       | 0 .. 10,000,000 | of the rig's port in bit/s; 0: that of the UUT |
///
/// The UUT gets the bytes of one send when the last of them has arrived; the rig gets each byte at
/// the end of its stop bit. Bytes that both sides send at once arrive inverted.
std::unique_ptr<Instrument> make_virtual_serial_adapter(InstrumentSpec& spec,
                                                        const DriverContext& context);

}  // namespace bmsrig
