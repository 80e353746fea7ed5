#include "drivers/virtual_power_supply/virtual_power_supply.h"

#include "drivers/virtual_common/virtual_voltage_source.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {

std::unique_ptr<Instrument> make_virtual_power_supply(InstrumentSpec& spec,
                                                      const DriverContext& context) {
    AnalogSpec defaults;
    defaults.maximum = 80;
    defaults.resolution = 10e-3;
    defaults.accuracy = 20e-3;
    defaults.noise = 2e-3;
    defaults.slew = 1000;
    defaults.settling_time = std::chrono::milliseconds{10};
    defaults.update_interval = std::chrono::milliseconds{5};
    const AnalogSpec analog = take_analog_options(spec, defaults, {-1000, 1000, 10});
    const LoadedSource output = take_source_options(spec, 10e-3, 3);
    return std::make_unique<VirtualVoltageSource<PowerSupply>>(
        "virtual power supply", spec.name, analog, OffState::floating, output, context);
}

}  // namespace bmsrig
