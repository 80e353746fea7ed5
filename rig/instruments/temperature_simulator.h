// A temperature simulator: stands in for the battery's temperature sensors.
#pragma once

#include "rig/instruments/instrument.h"
#include "rig/units.h"

namespace bmsrig {

enum class SensorFault : unsigned char {
    none,
    absent,  ///< not plugged in (NaN at the UUT)
    stuck    ///< keeps what it showed when the fault came, whatever is set
};
std::string_view to_string(SensorFault fault);

class TemperatureSimulator : public Instrument {
  public:
    [[nodiscard]] virtual Celsius minimum() const = 0;
    [[nodiscard]] virtual Celsius maximum() const = 0;
    [[nodiscard]] virtual CelsiusDelta resolution() const = 0;
    [[nodiscard]] virtual CelsiusDelta accuracy() const = 0;
    /// Returns the value in force after quantising.
    virtual Celsius set_temperature(int channel, Celsius temperature) = 0;
    virtual Celsius read_temperature(int channel) = 0;
    virtual void set_fault(int channel, SensorFault fault) = 0;
};

}  // namespace bmsrig
