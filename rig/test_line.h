// For tests of the wiring: one stage and one resistor on a line of its own.
#pragma once

#include "rig/wiring.h"

namespace bmsrig {

inline double line_voltage(const LineNet::Stage& stage, StageState state, double supply_volts,
                           Bias bias) {
    Node node;
    node.join(stage, state, supply_volts);
    node.join(stage, bias);
    return node.volts();
}

}  // namespace bmsrig
