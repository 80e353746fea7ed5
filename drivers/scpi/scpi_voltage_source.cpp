#include "drivers/scpi/scpi_voltage_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "drivers/scpi/options.h"
#include "drivers/scpi/scpi_instrument.h"
#include "drivers/scpi/source_ranges.h"
#include "rig/error.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {

namespace {

using namespace scpi;
using Rules = CommandTemplate::Rules;

constexpr auto query = CommandTemplate::Kind::query;
constexpr auto command = CommandTemplate::Kind::command;

struct SourceCommands {
    SourceCommands(InstrumentSpec& spec, double resolution, bool needs_off)
        : prepare(CommandTemplate::take(spec, "prepare", {})),
          set_range(CommandTemplate::take(spec, "set_range",
                                          {command, {Hole::channel, Hole::range}, {Hole::range}})),
          set_voltage(CommandTemplate::take(
              spec, "set_voltage",
              {command, {Hole::channel, Hole::value}, {Hole::value}, true, resolution})),
          output_on(CommandTemplate::take(spec, "output_on", change(true))),
          read_voltage(
              CommandTemplate::take(spec, "read_voltage", {query, {Hole::channel}, {}, true})) {
        if (needs_off) output_off = CommandTemplate::take(spec, "output_off", change(true));
    }
    static Rules change(bool required) {
        return {command, {Hole::channel, Hole::channels}, {}, required};
    }

    CommandTemplate prepare;
    CommandTemplate set_range;
    CommandTemplate set_voltage;
    CommandTemplate output_on;
    CommandTemplate output_off;
    CommandTemplate read_voltage;
};

/// What an output was told.
struct Output {
    std::optional<double> voltage;
    bool on = false;
    std::size_t range = 0;  // of the source
};

template <typename Interface>
class ScpiVoltageSource : public ScpiInstrument<Interface> {
  public:
    ScpiVoltageSource(InstrumentSpec& spec, const DriverContext& context,
                      const CoreDefaults& defaults, double most, bool needs_off)
        : ScpiInstrument<Interface>(spec, context, defaults),
          range_(take_range(spec, Unit::volt, most)),
          commands_(spec, range_.resolution, needs_off),
          outputs_(static_cast<std::size_t>(this->channels())) {}

    [[nodiscard]] Volts minimum() const override { return volts(range_.minimum); }
    [[nodiscard]] Volts maximum() const override { return volts(range_.maximum); }
    [[nodiscard]] Volts resolution() const override { return volts(range_.resolution); }
    [[nodiscard]] Volts accuracy() const override { return volts(range_.accuracy); }

  protected:
    using ScpiInstrument<Interface>::core_;

    Output& output(int channel) { return outputs_[static_cast<std::size_t>(channel) - 1]; }
    void send(int channel, const std::vector<std::string>& commands) {
        core_.send(core_.unit_of(channel), commands);
        core_.moved();
    }
    [[nodiscard]] std::vector<std::string> prepared() const {
        if (commands_.prepare.empty()) return {};
        return {commands_.prepare.fill({})};
    }
    void forget() override { std::ranges::fill(outputs_, Output{}); }

    Range range_;
    SourceCommands commands_;
    std::vector<Output> outputs_;
};

class ScpiPowerSupply final : public ScpiVoltageSource<PowerSupply> {
  public:
    ScpiPowerSupply(InstrumentSpec& spec, const DriverContext& context,
                    const CoreDefaults& defaults)
        : ScpiVoltageSource(spec, context, defaults, 1000, true) {}

    Volts set_voltage(int channel, Volts voltage) override {
        const double value = in_force(core_, range_, channel, voltage.value());
        auto commands = core_.fill(commands_.set_voltage, {&channel, 1}, {&value, 1});
        if (!output(channel).on) append(commands, core_.fill(commands_.output_on, {&channel, 1}));
        send(channel, commands);
        output(channel).voltage = value;
        output(channel).on = true;
        return volts(value);
    }
    Volts read_voltage(int channel) override {
        core_.check(channel);
        if (!output(channel).on) return volts(std::numeric_limits<double>::quiet_NaN());
        return volts(core_.read(commands_.read_voltage, channel));
    }
    void set_output(int channel, bool on) override {
        core_.check(channel);
        const double value = output(channel).voltage.value_or(std::max(0.0, range_.minimum));
        std::vector<std::string> commands;
        if (on) commands = core_.fill(commands_.set_voltage, {&channel, 1}, {&value, 1});
        append(commands,
               core_.fill(on ? commands_.output_on : commands_.output_off, {&channel, 1}));
        send(channel, commands);
        output(channel).on = on;
    }

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t unit) const override {
        return core_.fill(commands_.output_off, core_.channels_of(unit));
    }
    [[nodiscard]] std::vector<std::string> power_on(std::size_t unit) const override {
        auto commands = prepared();
        append(commands, off(unit));
        return commands;
    }
};

class ScpiShuntInjector final : public ScpiVoltageSource<ShuntInjector> {
  public:
    ScpiShuntInjector(InstrumentSpec& spec, const DriverContext& context,
                      const CoreDefaults& defaults)
        : ScpiVoltageSource(spec, context, defaults, 10, false),
          ranges_(take_source_ranges(spec, range_)),
          sign_(take_word(spec, "charging", {"positive", "negative"}, "positive") == "positive"
                    ? 1
                    : -1) {
        if (ranges_.size() < 2 || !commands_.set_range.empty()) return;
        refuse_option(spec, *find_option(spec, "ranges"),
                      "there are several ranges, but no command \"set_range\"; expected one");
    }

    Volts set_voltage(int channel, Volts voltage) override {
        const double asked = in_force(core_, range_, channel, voltage.value());
        const double value = range_holding(ranges_, asked).round(voltage.value());
        output(channel).voltage = value;
        output(channel).on = true;
        move(channel, value);
        return volts(value);
    }
    Volts read_voltage(int channel) override {
        return volts(sign_ * core_.read(commands_.read_voltage, channel));
    }
    void set_output(int channel, bool on) override {
        core_.check(channel);
        output(channel).on = on;
        move(channel, on ? output(channel).voltage.value_or(0) : 0);
    }

  protected:
    /// 0 V first, in whatever range it is, so that nothing greater ever stands there; then the
    /// range, and the output on: an open sense pair would read as any current.
    [[nodiscard]] std::vector<std::string> off(std::size_t unit) const override {
        const auto channels = core_.channels_of(unit);
        const std::vector<double> zeros(channels.size(), 0.0);
        auto commands = core_.fill(commands_.set_voltage, channels, zeros);
        for (const int channel : channels) commands.push_back(range_command(channel, 0));
        append(commands, core_.fill(commands_.output_on, channels));
        std::erase(commands, "");
        return commands;
    }
    [[nodiscard]] std::vector<std::string> power_on(std::size_t unit) const override {
        auto commands = prepared();
        append(commands, off(unit));
        return commands;
    }

  private:
    [[nodiscard]] std::string range_command(int channel, std::size_t range) const {
        return commands_.set_range.fill(
            {.channel = core_.number_of(channel), .range = ranges_[range].end});
    }
    void move(int channel, double value);

    std::vector<SourceRange> ranges_;
    int sign_;
};

void ScpiShuntInjector::move(int channel, double value) {
    Output& to = output(channel);
    const auto range = static_cast<std::size_t>(&range_holding(ranges_, value) - ranges_.data());
    const double put_out = sign_ * value;
    const auto set = [&](double voltage) {
        return core_.fill(commands_.set_voltage, {&channel, 1}, {&voltage, 1});
    };
    std::vector<std::string> commands;
    if (range < to.range) {
        // The smaller range may not hold what stands there: down first, in the steps of the greater
        // one and towards zero, and exactly in the smaller one then.
        commands = set(ranges_[to.range].towards_zero(put_out));
    }
    if (range != to.range) commands.push_back(range_command(channel, range));
    append(commands, set(put_out));
    send(channel, commands);
    to.range = range;
}

}  // namespace

std::unique_ptr<Instrument> make_scpi_power_supply(InstrumentSpec& spec,
                                                   const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_power_supply";
    return std::make_unique<ScpiPowerSupply>(spec, context, defaults);
}

std::unique_ptr<Instrument> make_scpi_shunt_injector(InstrumentSpec& spec,
                                                     const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_shunt_injector";
    return std::make_unique<ScpiShuntInjector>(spec, context, defaults);
}

}  // namespace bmsrig
