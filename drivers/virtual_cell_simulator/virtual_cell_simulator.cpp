#include "drivers/virtual_cell_simulator/virtual_cell_simulator.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "drivers/virtual_common/analog_instrument.h"
#include "drivers/virtual_common/loaded_source.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig {

namespace {

/// What is known of a cell beyond its voltage.
struct Cell {
    LoadedSource source;
    CellFault fault = CellFault::none;
    double current_offset = 0;  // the current reading's fixed error
    int partner = 0;            // the cell whose wires it has at the UUT's plug; 0: its own
};

class VirtualCellSimulator final : public AnalogInstrument<CellSimulator> {
  public:
    VirtualCellSimulator(const std::string& name, const AnalogSpec& spec,
                         const LoadedSource& unloaded, double current_accuracy,
                         const DriverContext& context)
        : AnalogInstrument("virtual cell simulator", name, spec, OffState::relay, context),
          unloaded_(unloaded) {
        for (int channel = 1; channel <= spec.channels; ++channel) {
            RandomSource errors(context.seed, name, channel, "current");
            cells_.push_back({unloaded, CellFault::none, errors.symmetric() * current_accuracy, 0});
        }
    }

    [[nodiscard]] Volts minimum() const override { return volts(bank_.spec().minimum); }
    [[nodiscard]] Volts maximum() const override { return volts(bank_.spec().maximum); }
    [[nodiscard]] Volts resolution() const override { return volts(bank_.spec().resolution); }
    [[nodiscard]] Volts accuracy() const override { return volts(bank_.spec().accuracy); }

    Volts set_voltage(int channel, Volts voltage) override {
        return volts(bank_.set(channel, voltage.value()));
    }
    std::vector<Volts> set_voltages(std::span<const Volts> voltages) override {
        numbers_.clear();
        for (const Volts& voltage : voltages) numbers_.push_back(voltage.value());
        bank_.set_first(numbers_);
        std::vector<Volts> in_force(numbers_.size());
        std::ranges::transform(numbers_, in_force.begin(), volts);
        return in_force;
    }
    Volts read_voltage(int channel) override { return volts(bank_.reading(channel)); }
    Amperes read_current(int channel) override;
    void set_current_limits(int channel, Amperes source, Amperes sink) override;
    void set_fault(int channel, CellFault fault) override {
        bank_.check(channel);
        of_channel(cells_, channel).fault = fault;
        bank_.reshape(channel);
    }
    void exchange(int channel, int other) override;
    void set_output(int channel, bool on) override { bank_.set_on(channel, on); }

    // The UUT's plug, where two cells may have been exchanged.
    [[nodiscard]] double terminal_value(int channel) const override {
        return bank_.terminal(at_plug(channel));
    }
    void on_terminal_change(std::function<void(int channel)> listener) override {
        listener_ = std::move(listener);
        bank_.on_change([this](int channel) {
            if (listener_) listener_(at_plug(channel));
        });
    }
    void set_load(int channel, double siemens) override {
        const int cell = at_plug(channel);
        check_load(name(), siemens);
        of_channel(cells_, cell).source.load = siemens;
        bank_.reshape(cell);
    }

  protected:
    [[nodiscard]] double shape(int channel, double source) const override;
    void clear_faults() override {
        for (Cell& cell : cells_) {
            cell.fault = CellFault::none;
            cell.partner = 0;
        }
    }
    void clear_loads() override {
        for (Cell& cell : cells_) cell.source = unloaded_;
    }

  private:
    /// Which cell stands at a place of the plug, and at which place a cell stands: the same, since
    /// cells are exchanged in pairs.
    [[nodiscard]] int at_plug(int channel) const {
        bank_.check(channel);
        const int partner = of_channel(cells_, channel).partner;
        return partner == 0 ? channel : partner;
    }

    LoadedSource unloaded_;
    std::vector<Cell> cells_;
    std::function<void(int)> listener_;
    std::vector<double> numbers_;  // kept, so that setting all cells allocates little
};

double VirtualCellSimulator::shape(int channel, double source) const {
    const Cell& cell = of_channel(cells_, channel);
    switch (cell.fault) {
        case CellFault::open:
            return std::numeric_limits<double>::quiet_NaN();
        case CellFault::shorted:
            return 0;
        case CellFault::reversed:
            return -cell.source.voltage(source);
        case CellFault::none:
            break;
    }
    return cell.source.voltage(source);
}

void VirtualCellSimulator::exchange(int channel, int other) {
    bank_.check(channel);
    bank_.check(other);
    Cell& one = of_channel(cells_, channel);
    Cell& two = of_channel(cells_, other);
    const bool is_back = one.partner == other;
    if (channel == other || (!is_back && (one.partner != 0 || two.partner != 0))) {
        throw InputError("instrument \"" + name() + "\": cells " + std::to_string(channel) +
                         " and " + std::to_string(other) +
                         " cannot be exchanged; expected two cells that are where they belong");
    }
    one.partner = is_back ? 0 : other;
    two.partner = is_back ? 0 : channel;
    if (!listener_) return;
    listener_(channel);
    listener_(other);
}

Amperes VirtualCellSimulator::read_current(int channel) {
    bank_.check(channel);
    const Cell& cell = of_channel(cells_, channel);
    const double source = bank_.source(channel);
    const bool parted =
        std::isnan(source) || cell.fault == CellFault::open || cell.fault == CellFault::shorted;
    return amperes((parted ? 0 : cell.source.current(source)) + cell.current_offset);
}

void VirtualCellSimulator::set_current_limits(int channel, Amperes source, Amperes sink) {
    bank_.check(channel);
    check_current_limits(name(), channel, source, sink,
                         {unloaded_.source_limit, unloaded_.sink_limit});
    of_channel(cells_, channel).source.source_limit = source.value();
    of_channel(cells_, channel).source.sink_limit = sink.value();
    bank_.reshape(channel);
}

}  // namespace

CurrentLimits take_virtual_cell_limits(InstrumentSpec& spec) {
    return take_current_limits(spec, 1.2, 100);
}

std::unique_ptr<Instrument> make_virtual_cell_simulator(InstrumentSpec& spec,
                                                        const DriverContext& context) {
    AnalogSpec defaults;
    defaults.channels = 4;
    defaults.maximum = 5;
    defaults.resolution = 0.1e-3;
    defaults.accuracy = 0.3e-3;
    defaults.noise = 20e-6;
    defaults.slew = 1000;
    defaults.settling_time = std::chrono::milliseconds{10};
    defaults.update_interval = std::chrono::milliseconds{5};
    const AnalogSpec analog = take_analog_options(spec, defaults, {-10, 10, 1});
    LoadedSource unloaded;
    unloaded.impedance = spec.number("source_impedance", Unit::ohm, 10e-3, 0, 1000);
    const CurrentLimits limits = take_virtual_cell_limits(spec);
    unloaded.source_limit = limits.source;
    unloaded.sink_limit = limits.sink;
    const double current_accuracy = spec.number("current_accuracy", Unit::ampere, 1e-3, 0, 1);
    return std::make_unique<VirtualCellSimulator>(spec.name, analog, unloaded, current_accuracy,
                                                  context);
}

}  // namespace bmsrig
