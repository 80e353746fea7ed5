// A source with an inner resistance and current limits, against the resistor that a UUT joins
// across it.
#pragma once

#include <algorithm>

namespace bmsrig {

/// Volts, amperes, ohms and siemens.
struct LoadedSource {
    double impedance = 0;
    double source_limit = 0;
    double sink_limit = 0;
    double load = 0;  ///< conductance across the terminals; 0: none

    /// Out of the source; negative while it sinks.
    [[nodiscard]] double current(double open_voltage) const {
        const double unlimited = open_voltage / (1 + impedance * load) * load;
        return std::clamp(unlimited, -sink_limit, source_limit);
    }
    /// At the terminals. Where the limit holds the current, the voltage gives way.
    [[nodiscard]] double voltage(double open_voltage) const {
        return load > 0 ? current(open_voltage) / load : open_voltage;
    }
};

}  // namespace bmsrig
