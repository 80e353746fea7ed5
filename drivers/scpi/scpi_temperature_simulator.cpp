#include "drivers/scpi/scpi_temperature_simulator.h"

#include <limits>
#include <optional>

#include "drivers/scpi/scpi_instrument.h"
#include "rig/error.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig {

namespace {

using namespace scpi;

struct Sensor {
    std::optional<double> set;    // what it was told last
    std::optional<double> shown;  // what the instrument was told last
    SensorFault fault = SensorFault::none;
    bool is_present = false;  // at the instrument
};

class ScpiTemperatureSimulator final : public ScpiInstrument<TemperatureSimulator> {
  public:
    ScpiTemperatureSimulator(InstrumentSpec& spec, const DriverContext& context,
                             const CoreDefaults& defaults);

    [[nodiscard]] Celsius minimum() const override { return celsius(range_.minimum); }
    [[nodiscard]] Celsius maximum() const override { return celsius(range_.maximum); }
    [[nodiscard]] CelsiusDelta resolution() const override {
        return CelsiusDelta::from_value(range_.resolution);
    }
    [[nodiscard]] CelsiusDelta accuracy() const override {
        return CelsiusDelta::from_value(range_.accuracy);
    }

    Celsius set_temperature(int channel, Celsius temperature) override {
        const double value = in_force(core_, range_, channel, temperature.value());
        sensor(channel).set = value;
        show(channel);
        return celsius(value);
    }
    Celsius read_temperature(int channel) override {
        core_.check(channel);
        if (!sensor(channel).is_present) {
            return celsius(std::numeric_limits<double>::quiet_NaN());
        }
        return celsius(core_.read(read_temperature_, channel));
    }
    void set_fault(int channel, SensorFault fault) override {
        core_.check(channel);
        if (fault == SensorFault::absent && absent_.empty()) {
            throw BenchCannot("sensor_faults", "instrument \"" + name() +
                                                   "\" cannot take a sensor away: it has no "
                                                   "command \"absent\"");
        }
        sensor(channel).fault = fault;
        show(channel);
    }

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t unit) const override {
        return core_.fill(absent_, core_.channels_of(unit));
    }
    void forget() override {
        for (Sensor& each : sensors_) each = {};
    }

  private:
    Sensor& sensor(int channel) { return sensors_[static_cast<std::size_t>(channel) - 1]; }
    void show(int channel);

    Range range_;
    CommandTemplate set_temperature_;
    CommandTemplate present_;
    CommandTemplate absent_;
    CommandTemplate read_temperature_;
    std::vector<Sensor> sensors_;
};

ScpiTemperatureSimulator::ScpiTemperatureSimulator(InstrumentSpec& spec,
                                                   const DriverContext& context,
                                                   const CoreDefaults& defaults)
    : ScpiInstrument(spec, context, defaults),
      range_(take_range(spec, Unit::celsius, 1000)),
      sensors_(static_cast<std::size_t>(channels())) {
    using Kind = CommandTemplate::Kind;
    set_temperature_ = CommandTemplate::take(
        spec, "set_temperature",
        {Kind::command, {Hole::channel, Hole::value}, {Hole::value}, true, range_.resolution});
    present_ =
        CommandTemplate::take(spec, "present", {Kind::command, {Hole::channel, Hole::channels}});
    absent_ =
        CommandTemplate::take(spec, "absent", {Kind::command, {Hole::channel, Hole::channels}});
    read_temperature_ =
        CommandTemplate::take(spec, "read_temperature", {Kind::query, {Hole::channel}, {}, true});
}

/// Tells the instrument what is new. The temperature comes first: a sensor that appears is not to
/// show an old one.
void ScpiTemperatureSimulator::show(int channel) {
    Sensor& it = sensor(channel);
    std::vector<std::string> commands;
    if (it.fault != SensorFault::stuck && it.set && it.set != it.shown) {
        commands = core_.fill(set_temperature_, {&channel, 1}, {&*it.set, 1});
        it.shown = it.set;
    }
    const bool is_present = it.fault == SensorFault::stuck
                                ? it.is_present
                                : it.set.has_value() && it.fault != SensorFault::absent;
    if (is_present != it.is_present) {
        append(commands, core_.fill(is_present ? present_ : absent_, {&channel, 1}));
        it.is_present = is_present;
    }
    if (commands.empty()) return;
    core_.send(core_.unit_of(channel), commands);
    core_.moved();
}

}  // namespace

std::unique_ptr<Instrument> make_scpi_temperature_simulator(InstrumentSpec& spec,
                                                            const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_temperature_simulator";
    defaults.settling = std::chrono::milliseconds{100};
    return std::make_unique<ScpiTemperatureSimulator>(spec, context, defaults);
}

}  // namespace bmsrig
