// A virtual serial bus on a pseudo terminal.
#pragma once

#include <memory>

#include "drivers/instrument_server/bridge.h"

namespace bmsrig {

/// Serves a SerialAdapter, each channel on a pseudo terminal of its own.
///
/// | option   | default                | range            | meaning |
/// |----------|------------------------|------------------|---|
/// | bit_rate | of the virtual adapter | 50 .. 10,000,000 | at which the rig begins; needed where
/// that follows the UUT |
///
/// A pseudo terminal has no wire: the virtual one has, at the bit rate that the rig sets. Each byte
/// comes out at the end of its stop bit.
std::unique_ptr<Bridge> make_serial_port_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                const BridgeContext& context);

}  // namespace bmsrig
