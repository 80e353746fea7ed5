// Ports of the operating system on which drivers of real instruments come under contract.
#pragma once

#include "drivers/contract/contract.h"
#include "drivers/instrument_server/pty.h"

namespace bmsrig {

/// On a pseudo terminal that stays for as long as the test program runs.
inline DriverCase serial_port_case() {
    static const Pty wire;
    return {"serial_port", {{"devices", wire.path()}, {"bit_rate", "56000"}}, ClockKind::real_time};
}

}  // namespace bmsrig
