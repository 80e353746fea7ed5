// Ports of the operating system on which drivers of real instruments come under contract.
#pragma once

#include <vector>

#include "drivers/common/pty.h"
#include "drivers/contract/contract.h"
#include "drivers/socketcan/kernel_buses.h"

namespace bmsrig {

/// On a pseudo terminal that stays for as long as the test program runs.
inline DriverCase serial_port_case() {
    static const Pty wire;
    return {"serial_port", {{"devices", wire.path()}, {"bit_rate", "56000"}}, ClockKind::real_time};
}

/// With the adapter of the kernel lane, where there is one.
inline std::vector<DriverCase> can_adapter_cases() {
    std::vector<DriverCase> cases{{"virtual_can_adapter", {}}};
    if (const auto names = names_in("BMSRIG_CAN_PAIR"); !names.empty()) {
        cases.push_back(
            {"socketcan_adapter",
             {{"interfaces", names[0]}, {"bit_rate", "250000"}, {"set_bit_rate", "yes"}},
             ClockKind::real_time});
    }
    return cases;
}

}  // namespace bmsrig
