#include "drivers/virtual_shunt_injector/virtual_shunt_injector.h"

#include "drivers/virtual_common/virtual_voltage_source.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {

std::unique_ptr<Instrument> make_virtual_shunt_injector(InstrumentSpec& spec,
                                                        const DriverContext& context) {
    AnalogSpec defaults;
    defaults.minimum = -110e-3;
    defaults.maximum = 110e-3;
    defaults.resolution = 1e-6;
    defaults.accuracy = 5e-6;
    defaults.noise = 0.5e-6;
    defaults.settling_time = std::chrono::milliseconds{1};
    defaults.update_interval = std::chrono::milliseconds{1};
    const AnalogSpec analog = take_analog_options(spec, defaults, {-10, 10, 1});
    const LoadedSource output = take_source_options(spec, 1, 20e-3);
    return std::make_unique<VirtualVoltageSource<ShuntInjector>>(
        "virtual shunt injector", spec.name, analog, OffState::zero, output, context);
}

}  // namespace bmsrig
