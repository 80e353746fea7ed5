// What the virtual power supply and the virtual shunt injector share: a voltage with an impedance
// and a current limit.
#pragma once

#include <vector>

#include "drivers/virtual_common/analog_instrument.h"
#include "drivers/virtual_common/loaded_source.h"
#include "rig/units.h"

namespace bmsrig {

template <typename Interface>
class VirtualVoltageSource final : public AnalogInstrument<Interface> {
  public:
    VirtualVoltageSource(std::string model, const std::string& name, const AnalogSpec& spec,
                         OffState off_state, const LoadedSource& unloaded,
                         const DriverContext& context)
        : AnalogInstrument<Interface>(std::move(model), name, spec, off_state, context),
          outputs_(static_cast<std::size_t>(spec.channels), unloaded) {}

    [[nodiscard]] Volts minimum() const override { return volts(bank_.spec().minimum); }
    [[nodiscard]] Volts maximum() const override { return volts(bank_.spec().maximum); }
    [[nodiscard]] Volts resolution() const override { return volts(bank_.spec().resolution); }
    [[nodiscard]] Volts accuracy() const override { return volts(bank_.spec().accuracy); }

    Volts set_voltage(int channel, Volts voltage) override {
        return volts(bank_.set(channel, voltage.value()));
    }
    Volts read_voltage(int channel) override { return volts(bank_.reading(channel)); }
    void set_output(int channel, bool on) override { bank_.set_on(channel, on); }

    void set_load(int channel, double siemens) override {
        bank_.check(channel);
        check_load(this->name(), siemens);
        of_channel(outputs_, channel).load = siemens;
        bank_.reshape(channel);
    }

  protected:
    [[nodiscard]] double shape(int channel, double source) const override {
        return of_channel(outputs_, channel).voltage(source);
    }
    void clear_faults() override {}  // it has none
    void clear_loads() override {
        for (LoadedSource& output : outputs_) output.load = 0;
    }

  private:
    using AnalogInstrument<Interface>::bank_;

    std::vector<LoadedSource> outputs_;
};

/// Takes source_impedance and current_limit, in ohms and amperes.
inline LoadedSource take_source_options(InstrumentSpec& spec, double impedance, double limit) {
    constexpr double largest = 1000;
    LoadedSource source;
    source.impedance = spec.number("source_impedance", Unit::ohm, impedance, 0, largest);
    source.source_limit = spec.number("current_limit", Unit::ampere, limit, 0, largest);
    source.sink_limit = source.source_limit;
    return source;
}

}  // namespace bmsrig
