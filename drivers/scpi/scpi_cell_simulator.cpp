#include "drivers/scpi/scpi_cell_simulator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "drivers/common/current_limits.h"
#include "drivers/scpi/cell_fault_matrix.h"
#include "drivers/scpi/cell_simulator_commands.h"
#include "drivers/scpi/options.h"
#include "drivers/scpi/scpi_instrument.h"
#include "drivers/scpi/values.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

using namespace scpi;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// What a cell was told. The source behind it is another cell's while the two are exchanged.
struct Cell {
    std::optional<double> voltage;
    bool on = false;
    CellFault fault = CellFault::none;
    double source_limit = 0;
    double sink_limit = 0;
    int partner = 0;  // whose source it has; 0: its own
};

class ScpiCellSimulator final : public ScpiInstrument<CellSimulator> {
  public:
    ScpiCellSimulator(InstrumentSpec& spec, const DriverContext& context,
                      const CoreDefaults& defaults);

    [[nodiscard]] Volts minimum() const override { return volts(range_.minimum); }
    [[nodiscard]] Volts maximum() const override { return volts(range_.maximum); }
    [[nodiscard]] Volts resolution() const override { return volts(range_.resolution); }
    [[nodiscard]] Volts accuracy() const override { return volts(range_.accuracy); }
    [[nodiscard]] Instant settled_at() const override {
        return matrix_ == nullptr ? core_.settled_at()
                                  : std::max(core_.settled_at(), matrix_->settled_at());
    }

    Volts set_voltage(int channel, Volts voltage) override;
    std::vector<Volts> set_voltages(std::span<const Volts> voltages) override;
    Volts read_voltage(int channel) override;
    Amperes read_current(int channel) override;
    void set_current_limits(int channel, Amperes source, Amperes sink) override;
    void set_fault(int channel, CellFault fault) override;
    void exchange(int channel, int other) override;
    void set_output(int channel, bool on) override;

    void watch(const Watch& watch);

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t unit) const override;
    [[nodiscard]] std::vector<std::string> power_on(std::size_t unit) const override;
    void forget() override;

  private:
    /// Commands by the unit that they are for.
    using Commands = std::map<std::size_t, std::vector<std::string>>;

    Cell& cell(int channel) { return cells_[static_cast<std::size_t>(channel) - 1]; }
    /// The source of a cell.
    int source_of(int channel) {
        return cell(channel).partner == 0 ? channel : cell(channel).partner;
    }
    void add(Commands& to, const CommandTemplate& command, int source) const;
    void add(Commands& to, const CommandTemplate& command, int source, double value) const;
    void add_voltages(Commands& to, std::span<const int> channels);
    void add_outputs(Commands& to, std::span<const int> channels, bool on);
    void send(const Commands& commands);
    void confirm_fault(int channel);
    void refuse_fault(CellFault fault) const;

    Range range_;
    CellSimulatorCommands commands_;
    CurrentLimits limits_;  // also what holds at the start of a test
    CellFaultMatrix* matrix_ = nullptr;
    std::vector<Cell> cells_;
};

CellFaultMatrix* take_matrix(InstrumentSpec& spec, const DriverContext& context, int cells) {
    const DriverOption* option = find_option(spec, "faults");
    if (option == nullptr) return nullptr;
    auto* matrix = dynamic_cast<CellFaultMatrix*>(context.find(option->text));
    if (matrix == nullptr) {
        refuse_option(spec, *option,
                      in_quotes(option->text) +
                          " stands here; expected the name of a fault matrix that stands earlier "
                          "in the bench file");
    }
    if (matrix->channels() < cells) {
        refuse_option(spec, *option,
                      "the fault matrix \"" + option->text + "\" has " +
                          std::to_string(matrix->channels()) + " cells; expected " +
                          std::to_string(cells));
    }
    return matrix;
}

ScpiCellSimulator::ScpiCellSimulator(InstrumentSpec& spec, const DriverContext& context,
                                     const CoreDefaults& defaults)
    : ScpiInstrument(spec, context, defaults),
      range_(take_range(spec, Unit::volt, 10)),
      commands_(spec, range_.resolution),
      limits_(take_current_limits(spec, 5, 100)),
      matrix_(take_matrix(spec, context, channels())),
      cells_(static_cast<std::size_t>(channels())) {
    forget();
}

void ScpiCellSimulator::watch(const Watch& watch) {
    core_.watch(watch.query, watch.check);
}

void ScpiCellSimulator::forget() {
    for (Cell& each : cells_) {
        each = {};
        each.source_limit = limits_.source;
        each.sink_limit = limits_.sink;
    }
}

std::vector<std::string> ScpiCellSimulator::off(std::size_t unit) const {
    const std::vector<int> channels = core_.channels_of(unit);
    std::vector<std::string> commands = core_.fill(commands_.output_off, channels);
    append(commands, core_.fill(commands_.fault(CellFault::none), channels));
    return commands;
}

std::vector<std::string> ScpiCellSimulator::power_on(std::size_t unit) const {
    const std::vector<int> channels = core_.channels_of(unit);
    std::vector<std::string> commands = off(unit);
    const std::vector<double> source(channels.size(), limits_.source);
    const std::vector<double> sink(channels.size(), limits_.sink);
    append(commands, core_.fill(commands_.set_source_limit, channels, source));
    append(commands, core_.fill(commands_.set_sink_limit, channels, sink));
    return commands;
}

void ScpiCellSimulator::add(Commands& to, const CommandTemplate& command, int source) const {
    append(to[core_.unit_of(source)], core_.fill(command, {&source, 1}));
}

void ScpiCellSimulator::add(Commands& to, const CommandTemplate& command, int source,
                            double value) const {
    append(to[core_.unit_of(source)], core_.fill(command, {&source, 1}, {&value, 1}));
}

/// The voltages that these cells were told, in one command for all of a unit if it has one.
void ScpiCellSimulator::add_voltages(Commands& to, std::span<const int> channels) {
    std::vector<std::pair<int, double>> voltages;  // by source
    voltages.reserve(channels.size());
    for (const int channel : channels) {
        voltages.emplace_back(source_of(channel), cell(channel).voltage.value_or(0));
    }
    std::ranges::sort(voltages);
    std::vector<int> sources;
    std::vector<double> values;
    for (std::size_t i = 0; i < voltages.size(); ++i) {
        sources.push_back(voltages[i].first);
        values.push_back(voltages[i].second);
        const std::size_t unit = core_.unit_of(sources.back());
        if (i + 1 < voltages.size() && core_.unit_of(voltages[i + 1].first) == unit) continue;
        const bool together = !commands_.set_voltages.empty() && sources.size() > 1;
        append(to[unit], core_.fill(together ? commands_.set_voltages : commands_.set_voltage,
                                    sources, values));
        sources.clear();
        values.clear();
    }
}

void ScpiCellSimulator::add_outputs(Commands& to, std::span<const int> channels, bool on) {
    std::map<std::size_t, std::vector<int>> by_unit;
    for (const int channel : channels) {
        by_unit[core_.unit_of(source_of(channel))].push_back(source_of(channel));
    }
    for (auto& [unit, sources] : by_unit) {
        std::ranges::sort(sources);
        append(to[unit], core_.fill(on ? commands_.output_on : commands_.output_off, sources));
    }
}

void ScpiCellSimulator::send(const Commands& commands) {
    for (const auto& [unit, each] : commands) core_.send(unit, each);
    core_.moved();
}

Volts ScpiCellSimulator::set_voltage(int channel, Volts voltage) {
    const double value = in_force(core_, range_, channel, voltage.value());
    Cell& told = cell(channel);
    told.voltage = value;
    Commands commands;
    add_voltages(commands, {&channel, 1});
    if (!told.on) add_outputs(commands, {&channel, 1}, true);
    send(commands);
    told.on = true;
    return volts(value);
}

std::vector<Volts> ScpiCellSimulator::set_voltages(std::span<const Volts> voltages) {
    std::vector<Volts> set;
    for (const Volts& voltage : voltages) {
        const int channel = static_cast<int>(set.size()) + 1;
        set.push_back(volts(in_force(core_, range_, channel, voltage.value())));
    }
    std::vector<int> all;
    std::vector<int> to_switch_on;
    for (std::size_t i = 0; i < set.size(); ++i) {
        all.push_back(static_cast<int>(i) + 1);
        cells_[i].voltage = set[i].value();
        if (!cells_[i].on) to_switch_on.push_back(all.back());
    }
    Commands commands;
    add_voltages(commands, all);
    add_outputs(commands, to_switch_on, true);
    send(commands);
    for (const int channel : to_switch_on) cell(channel).on = true;
    return set;
}

void ScpiCellSimulator::set_output(int channel, bool on) {
    core_.check(channel);
    Commands commands;
    if (on && !cell(channel).voltage) {
        cell(channel).voltage = std::max(0.0, range_.minimum);
        add_voltages(commands, {&channel, 1});
    }
    add_outputs(commands, {&channel, 1}, on);
    send(commands);
    cell(channel).on = on;
}

/// What floats is not asked: an input that nothing drives reads anything.
Volts ScpiCellSimulator::read_voltage(int channel) {
    core_.check(channel);
    const Cell told = cell(channel);
    if (!told.on || told.fault == CellFault::open) return volts(nothing);
    if (matrix_ != nullptr && told.fault == CellFault::shorted) return volts(0);
    const double read = core_.read(commands_.read_voltage, source_of(channel));
    // The instrument stands before the matrix, the UUT behind it.
    return volts(matrix_ != nullptr && told.fault == CellFault::reversed ? -read : read);
}

Amperes ScpiCellSimulator::read_current(int channel) {
    core_.check(channel);
    if (commands_.read_current.empty()) {
        throw BenchCannot("cell_currents", "instrument \"" + name() + "\" reads no currents");
    }
    if (!cell(channel).on || cell(channel).fault == CellFault::open) return amperes(0);
    return amperes(core_.read(commands_.read_current, source_of(channel)));
}

void ScpiCellSimulator::set_current_limits(int channel, Amperes source, Amperes sink) {
    core_.check(channel);
    check_current_limits(name(), channel, source, sink, limits_);
    if (commands_.set_source_limit.empty() || commands_.set_sink_limit.empty()) {
        throw BenchCannot("current_limits",
                          "instrument \"" + name() + "\" has no current limits to set");
    }
    cell(channel).source_limit = source.value();
    cell(channel).sink_limit = sink.value();
    Commands commands;
    add(commands, commands_.set_source_limit, source_of(channel), source.value());
    add(commands, commands_.set_sink_limit, source_of(channel), sink.value());
    send(commands);
}

void ScpiCellSimulator::refuse_fault(CellFault fault) const {
    throw BenchCannot("cell_faults", "instrument \"" + name() + "\" cannot make a cell " +
                                         std::string(to_string(fault)) +
                                         "; expected a fault matrix (the option \"faults\")");
}

void ScpiCellSimulator::set_fault(int channel, CellFault fault) {
    core_.check(channel);
    if (matrix_ != nullptr) {
        matrix_->set_fault(channel, fault);
    } else {
        const CommandTemplate& command = commands_.fault(fault);
        if (command.empty() && fault != CellFault::none) refuse_fault(fault);
        Commands commands;
        add(commands, command, source_of(channel));
        send(commands);
    }
    cell(channel).fault = fault;
    if (matrix_ == nullptr) confirm_fault(channel);
}

void ScpiCellSimulator::confirm_fault(int channel) {
    if (commands_.read_fault.empty()) return;
    const int source = source_of(channel);
    const std::string query = commands_.read_fault.fill({.channel = core_.number_of(source)});
    const std::string& expected =
        commands_.fault_words[static_cast<std::size_t>(cell(channel).fault)];
    const auto check = [=](std::string_view answer) -> std::optional<std::string> {
        if (trimmed(answer) == expected) return std::nullopt;
        return "the fault of cell " + std::to_string(channel) + " was to be " + expected +
               ", but it answered " + shown(answer) + " to " + shown(query) +
               "; expected the relay to follow";
    };
    core_.expect(core_.unit_of(source), query, check);
}

void ScpiCellSimulator::exchange(int channel, int other) {
    core_.check(channel);
    core_.check(other);
    Cell& one = cell(channel);
    Cell& two = cell(other);
    const bool is_back = one.partner == other;
    if (channel == other || (!is_back && (one.partner != 0 || two.partner != 0))) {
        throw InputError("instrument \"" + name() + "\": cells " + std::to_string(channel) +
                         " and " + std::to_string(other) +
                         " cannot be exchanged; expected two cells that are where they belong");
    }
    if (matrix_ != nullptr) {
        matrix_->exchange(channel, other);
        return;
    }
    one.partner = is_back ? 0 : other;
    two.partner = is_back ? 0 : channel;
    // Off first: what one of them must not give, it does not give for a moment either.
    Commands commands;
    for (const int each : {channel, other}) {
        if (!cell(each).on) add_outputs(commands, {&each, 1}, false);
        add(commands, commands_.fault(cell(each).fault), source_of(each));
        add(commands, commands_.set_source_limit, source_of(each), cell(each).source_limit);
        add(commands, commands_.set_sink_limit, source_of(each), cell(each).sink_limit);
    }
    const std::array both{channel, other};
    add_voltages(commands, both);
    for (const int each : both) {
        if (cell(each).on) add_outputs(commands, {&each, 1}, true);
    }
    send(commands);
}

}  // namespace

std::unique_ptr<Instrument> make_scpi_cell_simulator(InstrumentSpec& spec,
                                                     const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_cell_simulator";
    return std::make_unique<ScpiCellSimulator>(spec, context, defaults);
}

std::unique_ptr<Instrument> scpi::make_cell_simulator(InstrumentSpec& spec,
                                                      const DriverContext& context,
                                                      const CoreDefaults& defaults,
                                                      const Watch& watch) {
    auto made = std::make_unique<ScpiCellSimulator>(spec, context, defaults);
    made->watch(watch);
    return made;
}

}  // namespace bmsrig
