#include "drivers/instrument_server/scpi_bridge.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <utility>

#include "drivers/instrument_server/abs_commands.h"
#include "drivers/instrument_server/meter_commands.h"
#include "drivers/instrument_server/relay_commands.h"
#include "drivers/instrument_server/scpi_port.h"
#include "drivers/instrument_server/source_commands.h"
#include "drivers/instrument_server/temperature_commands.h"
#include "drivers/virtual_cell_simulator/virtual_cell_simulator.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

using namespace scpi_server;  // NOLINT(google-build-using-namespace): this file joins the two

using Options = std::vector<std::pair<std::string, std::string>>;

/// One SCPI instrument as a driver sees it.
struct Served {
    std::unique_ptr<CommandSet> commands;
    std::unique_ptr<Device> device;
    std::unique_ptr<Port> port;  // last: nobody speaks before the rest is there
};

/// What is the same for all kinds.
class ScpiBridge final : public Bridge {
  public:
    ScpiBridge(InstrumentSpec& serve, Instrument& instrument, const BridgeContext& context,
               std::string model)
        : instrument_(instrument),
          context_(context),
          options_(take_port_options(serve)),
          identity_(take_identity(serve, std::move(model), context)),
          serial_(serve.word("serial_number", identity_.serial)) {
        served_.driver = serve.driver;
    }

    /// The unit `number` of several, 0 if there is just one, has a serial number of its own.
    void add_unit(std::unique_ptr<CommandSet> commands, int number = 0) {
        Identity identity = identity_;
        if (number > 0) identity.serial += "-" + std::to_string(number);
        Served unit;
        unit.commands = std::move(commands);
        unit.device =
            std::make_unique<Device>(std::move(identity), [&set = *unit.commands] { set.reset(); });
        unit.commands->add_to(*unit.device);
        const std::string prefix =
            instrument_.name() + (number > 0 ? "." + std::to_string(number) : "") + " ";
        unit.port = Port::open(
            *unit.device, options_,
            {context_.reactor, context_.catch_up, [this] { return instrument_.settled_at(); },
             [prefix, log = context_.log](std::string_view line) {
                 log(prefix + std::string(line));
             }});
        units_.push_back(std::move(unit));
    }

    /// What the driver is told beside where the instrument is.
    void set_options(const Options& options) {
        std::string addresses;
        for (const Served& unit : units_) {
            addresses += (addresses.empty() ? "" : ", ") + unit.port->address();
        }
        served_.address = addresses;
        served_.options = {{units_.size() > 1 ? "addresses" : "address", addresses},
                           {"serial_number", serial_numbers()}};
        served_.options.insert(served_.options.end(), options.begin(), options.end());
    }

    [[nodiscard]] ServedAs served_as() const override { return served_; }

  private:
    static Identity take_identity(InstrumentSpec& serve, std::string model,
                                  const BridgeContext& context) {
        Identity identity{"bmsrig", std::move(model), serve.name, BMSRIG_VERSION,
                          serve.word("calibrated", context.today)};
        const std::string said = serve.word("identity", "");
        if (said.empty()) return identity;
        std::istringstream parts(said);
        for (std::string* part :
             {&identity.manufacturer, &identity.model, &identity.serial, &identity.firmware}) {
            if (std::getline(parts, *part, ',')) continue;
            throw InputError(serve.file, serve.line,
                             "serve." + serve.name + ".identity: \"" + said +
                                 "\" stands here; expected manufacturer,model,serial,firmware");
        }
        return identity;
    }

    [[nodiscard]] std::string serial_numbers() const {
        if (units_.size() == 1) return serial_;
        std::string all;
        for (std::size_t number = 1; number <= units_.size(); ++number) {
            all += (all.empty() ? "" : ", ") + serial_ + "-" + std::to_string(number);
        }
        return all;
    }

    Instrument& instrument_;
    BridgeContext context_;
    PortOptions options_;
    Identity identity_;
    std::string serial_;
    ServedAs served_;
    std::vector<Served> units_;
};

template <typename Interface>
Interface& of_kind(const InstrumentSpec& serve, Instrument& instrument) {
    if (auto* it = dynamic_cast<Interface*>(&instrument)) return *it;
    throw InputError(serve.file, serve.line,
                     "serve." + serve.name + ": \"" + instrument.name() +
                         "\" is of another kind than a " + serve.driver + " drives");
}

/// A whole bridge of one unit: `commands` are its own, `options` what its driver is told.
std::unique_ptr<Bridge> one_unit(std::unique_ptr<ScpiBridge> bridge,
                                 std::unique_ptr<CommandSet> commands, const Options& options) {
    bridge->add_unit(std::move(commands));
    bridge->set_options(options);
    return bridge;
}

std::string option_of(const BridgeContext& context, std::string_view key) {
    const auto& known = context.instrument.options;
    const auto found = std::ranges::find(known, key, &DriverOption::key);
    return found == known.end() ? "" : found->text;
}

/// How well the rig is to know the instrument: as well as the virtual one is described.
template <typename Source>
Options analog_options(const Source& source, InstrumentSpec& serve, const BridgeContext& context,
                       bmsrig::Unit unit) {
    const auto text = [unit](const auto& quantity) {
        return format_quantity(quantity.value(), unit);
    };
    Options options{{"channels", std::to_string(source.channels())},
                    {"minimum", text(source.minimum())},
                    {"maximum", text(source.maximum())},
                    {"resolution", text(source.resolution())},
                    {"accuracy", text(source.accuracy())}};
    const std::string settling = serve.word("settling_time", option_of(context, "settling_time"));
    if (!settling.empty()) options.emplace_back("settling_time", settling);
    return options;
}

Options cell_options(const CellSimulator& cells, InstrumentSpec& serve,
                     const BridgeContext& context, const CurrentLimits& limits) {
    Options options = analog_options(cells, serve, context, bmsrig::Unit::volt);
    options.emplace_back("source_limit", format_quantity(limits.source, bmsrig::Unit::ampere));
    options.emplace_back("sink_limit", format_quantity(limits.sink, bmsrig::Unit::ampere));
    return options;
}

/// A virtual cell simulator takes no higher limits than its own, and does not tell them.
CurrentLimits limits_of(const BridgeContext& context) {
    InstrumentSpec spec = context.instrument;  // taking notes what was taken: from a copy
    return take_virtual_cell_limits(spec);
}

/// The ends of a precision source's ranges in V; one that holds all where the file says nothing.
std::vector<double> take_ranges(InstrumentSpec& serve, const ShuntInjector& source) {
    const double most = std::max(-source.minimum().value(), source.maximum().value());
    std::istringstream text(serve.word("ranges", format_quantity(most, bmsrig::Unit::volt)));
    std::vector<double> ranges;
    for (std::string range; std::getline(text >> std::ws, range, ',');) {
        try {
            ranges.push_back(parse_quantity(range).value);
        } catch (const InputError&) {
            ranges.push_back(0);  // refused below
        }
    }
    const bool is_right = text.eof() && !ranges.empty() && ranges.front() > 0 &&
                          std::ranges::is_sorted(ranges) && ranges.back() >= most;
    if (is_right) return ranges;
    throw InputError(serve.file, serve.line,
                     "serve." + serve.name +
                         ".ranges: expected voltages in rising order, the "
                         "last one at least " +
                         number_text(most) + " V: \"20 mV, 200 mV\"");
}

}  // namespace

std::unique_ptr<Bridge> make_bloomy_abs_bridge(InstrumentSpec& serve, Instrument& instrument,
                                               const BridgeContext& context) {
    auto& cells = of_kind<CellSimulator>(serve, instrument);
    const CurrentLimits limits = limits_of(context);
    auto bridge = std::make_unique<ScpiBridge>(serve, instrument, context, "ABS");
    const bool has_several = cells.channels() > abs_cells;
    for (int first = 1, number = 1; first <= cells.channels(); first += abs_cells, ++number) {
        bridge->add_unit(
            std::make_unique<AbsCommands>(cells, first, number, limits.source, limits.sink),
            has_several ? number : 0);
    }
    bridge->set_options(cell_options(cells, serve, context, limits));
    return bridge;
}

std::unique_ptr<Bridge> make_scpi_cell_simulator_bridge(InstrumentSpec& serve,
                                                        Instrument& instrument,
                                                        const BridgeContext& context) {
    auto& cells = of_kind<CellSimulator>(serve, instrument);
    const CurrentLimits limits = limits_of(context);
    CellUnit unit = generic_cell_unit();
    unit.count = cells.channels();
    unit.source_limit = limits.source;
    unit.sink_limit = limits.sink;
    return one_unit(
        std::make_unique<ScpiBridge>(serve, instrument, context, "virtual cell simulator"),
        std::make_unique<CellCommands>(cells, std::move(unit)),
        cell_options(cells, serve, context, limits));
}

std::unique_ptr<Bridge> make_scpi_power_supply_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context) {
    auto& supply = of_kind<PowerSupply>(serve, instrument);
    return one_unit(
        std::make_unique<ScpiBridge>(serve, instrument, context, "virtual power supply"),
        std::make_unique<SourceCommands>(supply, std::vector<double>{}),
        analog_options(supply, serve, context, bmsrig::Unit::volt));
}

std::unique_ptr<Bridge> make_scpi_shunt_injector_bridge(InstrumentSpec& serve,
                                                        Instrument& instrument,
                                                        const BridgeContext& context) {
    auto& shunt = of_kind<ShuntInjector>(serve, instrument);
    const auto ranges = take_ranges(serve, shunt);
    Options options = analog_options(shunt, serve, context, bmsrig::Unit::volt);
    const std::string said = serve.word("ranges", "");
    if (!said.empty()) options.emplace_back("ranges", said);
    return one_unit(
        std::make_unique<ScpiBridge>(serve, instrument, context, "virtual shunt injector"),
        std::make_unique<SourceCommands>(shunt, ranges), options);
}

std::unique_ptr<Bridge> make_scpi_temperature_simulator_bridge(InstrumentSpec& serve,
                                                               Instrument& instrument,
                                                               const BridgeContext& context) {
    auto& sensors = of_kind<TemperatureSimulator>(serve, instrument);
    return one_unit(
        std::make_unique<ScpiBridge>(serve, instrument, context, "virtual temperature simulator"),
        std::make_unique<TemperatureCommands>(sensors),
        analog_options(sensors, serve, context, bmsrig::Unit::celsius));
}

std::unique_ptr<Bridge> make_scpi_line_driver_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                     const BridgeContext& context) {
    auto& contacts = of_kind<LineDriver>(serve, instrument);
    Options options{{"channels", std::to_string(contacts.channels())}};
    const std::string operates = option_of(context, "operate_time");
    if (!operates.empty()) options.emplace_back("operate_time", operates);
    return one_unit(std::make_unique<ScpiBridge>(serve, instrument, context, "virtual relay card"),
                    std::make_unique<ContactCommands>(contacts), options);
}

std::unique_ptr<Bridge> make_scpi_meter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                               const BridgeContext& context) {
    auto& meter = of_kind<Meter>(serve, instrument);
    Options options{{"channels", std::to_string(meter.channels())}};
    for (const std::string_view key : {"unit", "resolution", "accuracy"}) {
        const std::string text = option_of(context, key);
        if (!text.empty()) options.emplace_back(key, text);
    }
    return one_unit(std::make_unique<ScpiBridge>(serve, instrument, context, "virtual meter"),
                    std::make_unique<MeterCommands>(meter), options);
}

std::unique_ptr<Bridge> make_scpi_fault_matrix_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context) {
    auto& cells = of_kind<CellSimulator>(serve, instrument);
    return one_unit(
        std::make_unique<ScpiBridge>(serve, instrument, context, "virtual fault matrix"),
        std::make_unique<MatrixCommands>(cells), {{"channels", std::to_string(cells.channels())}});
}

}  // namespace bmsrig
