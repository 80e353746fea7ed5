#include "drivers/virtual_temperature_simulator/virtual_temperature_simulator.h"

#include <limits>
#include <vector>

#include "drivers/virtual_common/analog_instrument.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig {

namespace {

struct Sensor {
    SensorFault fault = SensorFault::none;
    double kept = 0;  // what a stuck one shows
};

class VirtualTemperatureSimulator final : public AnalogInstrument<TemperatureSimulator> {
  public:
    VirtualTemperatureSimulator(const std::string& name, const AnalogSpec& spec,
                                const DriverContext& context)
        : AnalogInstrument("virtual temperature simulator", name, spec, OffState::relay, context),
          sensors_(static_cast<std::size_t>(spec.channels)) {}

    [[nodiscard]] Celsius minimum() const override { return celsius(bank_.spec().minimum); }
    [[nodiscard]] Celsius maximum() const override { return celsius(bank_.spec().maximum); }
    [[nodiscard]] CelsiusDelta resolution() const override {
        return CelsiusDelta::from_value(bank_.spec().resolution);
    }
    [[nodiscard]] CelsiusDelta accuracy() const override {
        return CelsiusDelta::from_value(bank_.spec().accuracy);
    }

    Celsius set_temperature(int channel, Celsius temperature) override {
        return celsius(bank_.set(channel, temperature.value()));
    }
    Celsius read_temperature(int channel) override { return celsius(bank_.reading(channel)); }
    void set_fault(int channel, SensorFault fault) override {
        bank_.check(channel);
        Sensor& sensor = of_channel(sensors_, channel);
        if (fault == SensorFault::stuck && sensor.fault != SensorFault::stuck) {
            sensor.kept = bank_.terminal(channel);
        }
        sensor.fault = fault;
        bank_.reshape(channel);
    }

    void set_load(int channel, double siemens) override {
        bank_.check(channel);
        check_load(name(), siemens);  // a temperature stands up to any load
    }

  protected:
    [[nodiscard]] double shape(int channel, double source) const override {
        const Sensor& sensor = of_channel(sensors_, channel);
        if (sensor.fault == SensorFault::absent) return std::numeric_limits<double>::quiet_NaN();
        return sensor.fault == SensorFault::stuck ? sensor.kept : source;
    }
    void clear_faults() override {
        for (Sensor& sensor : sensors_) sensor = {};
    }
    void clear_loads() override {}  // it feels none

  private:
    std::vector<Sensor> sensors_;
};

}  // namespace

std::unique_ptr<Instrument> make_virtual_temperature_simulator(InstrumentSpec& spec,
                                                               const DriverContext& context) {
    AnalogSpec defaults;
    defaults.unit = Unit::celsius;
    defaults.minimum = -55;
    defaults.maximum = 125;
    defaults.resolution = 0.0625;
    defaults.accuracy = 0.1;
    defaults.settling_time = std::chrono::milliseconds{100};
    defaults.update_interval = std::chrono::milliseconds{100};
    const AnalogSpec analog = take_analog_options(spec, defaults, {-273, 1000, 10});
    return std::make_unique<VirtualTemperatureSimulator>(spec.name, analog, context);
}

}  // namespace bmsrig
