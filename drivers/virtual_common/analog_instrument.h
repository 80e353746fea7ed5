// The part of a virtual instrument that follows from its bank of analogue outputs, for any
// interface.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "drivers/virtual_common/analog_bank.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

/// An `Interface` (CellSimulator, ...) whose outputs are an AnalogBank. What is left to a driver is
/// its own functions, the shape of its terminals, and taking back its faults and loads.
template <typename Interface>
class AnalogInstrument : public Interface, public SourceTerminals {
  public:
    [[nodiscard]] const std::string& name() const override { return bank_.name(); }
    [[nodiscard]] int channels() const override { return bank_.spec().channels; }
    Identity identify() override {
        return virtual_identity(model_, name(), bank_.spec().calibrated);
    }
    void make_safe() override {
        clear_faults();
        bank_.make_safe();
    }
    [[nodiscard]] Instant settled_at() const override { return bank_.settled_at(); }
    void restart(std::uint64_t seed) override {
        clear_faults();
        clear_loads();
        bank_.restart(seed);
    }

    [[nodiscard]] double terminal_value(int channel) const override {
        return bank_.terminal(channel);
    }
    void on_terminal_change(std::function<void(int channel)> listener) override {
        bank_.on_change(std::move(listener));
    }

  protected:
    AnalogInstrument(std::string model, const std::string& name, const AnalogSpec& spec,
                     OffState off_state, const DriverContext& context)
        : bank_(name, spec, off_state, context,
                [this](int channel, double source) { return shape(channel, source); }),
          model_(std::move(model)) {}

    /// What stands at the terminals of what the source puts out (NaN while off).
    [[nodiscard]] virtual double shape(int channel, double source) const = 0;
    virtual void clear_faults() = 0;
    virtual void clear_loads() = 0;

    AnalogBank bank_;

  private:
    std::string model_;
};

/// Of a vector with one element for each channel.
template <typename Vector>
auto& of_channel(Vector& vector, int channel) {
    return vector[static_cast<std::size_t>(channel) - 1];
}

}  // namespace bmsrig
