#include "rig/config/wiring_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::string_view placeholder = "<n>";
constexpr int most_repeats = 64;
constexpr int most_channels = 999;

std::string with_number(std::string text, int number) {
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder)) {
        text.replace(at, placeholder.size(), std::to_string(number));
    }
    return text;
}

/// How often a net is repeated: the setting that `count` names, or once.
int repeats(const YamlNode& entry, const Settings& settings) {
    const YamlNode* count = entry.find("count");
    const bool has_placeholder = entry.key().find(placeholder) != std::string::npos;
    if (count == nullptr) {
        if (has_placeholder) {
            entry.refuse("the name has <n> in it, but the key \"count\" is missing");
        }
        return 1;
    }
    if (!has_placeholder) {
        count->refuse("the net is repeated; expected <n> in its name, such as cell.<n>");
    }
    if (!settings.has(count->text())) {
        count->refuse(unknown_name("setting", count->text(), settings.names()));
    }
    double number = 0;
    try {
        number = settings.number(count->text());
    } catch (const std::exception& problem) {
        count->refuse(problem.what());
    }
    if (number < 1 || number > most_repeats || number != std::floor(number)) {
        count->refuse("the setting " + count->text() + " is " + settings.text(count->text()) +
                      "; expected a whole number from 1 to " + std::to_string(most_repeats));
    }
    return static_cast<int>(number);
}

/// How often a net could be repeated, were its `count` set as high as it goes.
int most_often(const YamlNode& entry, const Settings& settings) {
    const YamlNode* count = entry.find("count");
    if (count == nullptr) return 1;
    const SettingSpec& spec = settings.spec(count->text());
    double most = spec.high.value_or(0);
    for (const std::string& choice : spec.choices) {
        try {
            most = std::max(most, parse_quantity(choice).value);
        } catch (const InputError&) {
            continue;  // not in force, and no number of nets
        }
    }
    return static_cast<int>(std::min<double>(most, most_repeats));
}

std::string port_name(const YamlNode& node, const std::string& text, int number) {
    std::string name = with_number(text, number);
    if (!is_name(name)) {
        node.refuse(in_quotes(text) +
                    " is no name of a port; expected a-z, 0-9, _ and . such as cell.<n>");
    }
    return name;
}

Pin read_pin(const YamlNode& node, int number) {
    const std::string text = with_number(node.text(), number);
    const std::size_t dot = text.rfind('.');
    Pin pin;
    const char* end = text.data() + text.size();
    const char* digits = dot == std::string::npos ? end : text.data() + dot + 1;
    const auto [stop, problem] = std::from_chars(digits, end, pin.channel);
    pin.instrument = text.substr(0, dot == std::string::npos ? 0 : dot);
    if (!is_name(pin.instrument) || problem != std::errc{} || stop != end || pin.channel < 1 ||
        pin.channel > most_channels) {
        node.refuse(
            in_quotes(node.text()) +
            " is no pin; expected an instrument and its channel (1 or more), such as cells.3");
    }
    return pin;
}

/// "supply", "floating", or volts.
ContactLevel read_contact_level(const YamlNode& node) {
    if (node.kind() == YamlNode::Kind::scalar) {
        if (node.text() == "supply") return {ContactLevel::Kind::supply, 0};
        if (node.text() == "floating") return {ContactLevel::Kind::floating, 0};
        if (node.text().find(' ') == std::string::npos) {
            node.refuse(in_quotes(node.text()) +
                        " stands here; expected supply, floating, or volts such as \"0 V\"");
        }
    }
    return {ContactLevel::Kind::fixed, node.number(Unit::volt)};
}

void read_rating(const YamlNode& node, InputNet& net) {
    if (node.items().size() != 2) {
        node.refuse("expected two values, the lowest and the highest, such as [0 V, 5 V]");
    }
    net.rating_low = node.items()[0].number(net.unit);
    net.rating_high = node.items()[1].number(net.unit);
    if (*net.rating_low > *net.rating_high) {
        node.refuse("the rating ends below its beginning; expected the lowest value first");
    }
}

void read_contact(const YamlNode& node, InputNet& net) {
    net.closed = read_contact_level(node.at("closed"));
    net.open = read_contact_level(node.at("open"));
    if (net.unit != Unit::volt) {
        node.at("unit").refuse("a contact with levels stands here; expected V");
    }
}

/// The faults of an input: what stands between its instrument and the UUT can do them.
void read_faults(const YamlNode& node, InputNet& net) {
    const std::vector<std::string> words =
        net.is_contact() ? std::vector<std::string>{}
        : net.unit == Unit::celsius
            ? std::vector<std::string>{"absent", "stuck"}
            : std::vector<std::string>{"open", "short", "reversed", "swapped", "noise"};
    if (words.empty()) node.refuse("a contact has no faults; it is opened and closed");
    for (const YamlNode& fault : node.items()) net.faults.push_back(fault.word(words));
}

InputNet read_input(const YamlNode& node, int number) {
    node.allow_keys({"source", "count", "unit", "rating", "closed", "open", "faults", "when"});
    InputNet net;
    net.line = node.line();
    net.port = port_name(node, node.key(), number);
    net.source = read_pin(node.at("source"), number);
    const YamlNode& unit = node.at("unit");
    const std::string& word = unit.word({"V", "A", "ohm", "degC", "bool"});
    net.unit = unit_from_string(word);
    if (node.find("closed") != nullptr || node.find("open") != nullptr) read_contact(node, net);
    if (!net.closed && net.unit != Unit::boolean) {
        read_rating(node.at("rating"), net);
    } else if (const YamlNode* rating = node.find("rating")) {
        rating->refuse(
            "a contact puts one of two levels on the net and has no rating; expected none");
    }
    if (const YamlNode* faults = node.find("faults")) read_faults(*faults, net);
    return net;
}

double positive(const YamlNode& node, Unit unit) {
    const double value = node.number(unit);
    if (value <= 0) node.refuse(in_quotes(node.text()) + " stands here; expected more than zero");
    return value;
}

LoadNet read_load(const YamlNode& node, int number) {
    node.allow_keys({"across", "resistance", "count"});
    return {port_name(node, node.key(), number), read_pin(node.at("across"), number),
            positive(node.at("resistance"), Unit::ohm), node.line()};
}

/// An output that sources the supply or floats, or that sinks or floats.
void read_output(const YamlNode& node, LineNet::Stage& stage) {
    if (const YamlNode* kind = node.find("kind")) {
        stage.is_open_collector = kind->word({"high_side", "open_collector"}) == "open_collector";
    }
    if (stage.is_open_collector) {
        node.allow_keys({"kind", "low_drop", "low_resistance"});
        stage.low_drop_volts = node.at("low_drop").number(Unit::volt);
        stage.low_ohms = positive(node.at("low_resistance"), Unit::ohm);
        return;
    }
    node.allow_keys({"kind", "high_drop", "high_resistance", "low_resistance"});
    stage.high_drop_volts = node.at("high_drop").number(Unit::volt);
    if (stage.high_drop_volts < 0) {
        node.at("high_drop").refuse("is below zero; expected how far below the supply high stands");
    }
    stage.high_ohms = positive(node.at("high_resistance"), Unit::ohm);
    if (const YamlNode* low = node.find("low_resistance")) {
        stage.low_ohms = positive(*low, Unit::ohm);
    }
}

void read_threshold(const YamlNode& node, LineNet::Stage& stage) {
    const char* low = stage.is_open_collector ? "active_below" : "inactive_below";
    const char* high = stage.is_open_collector ? "inactive_above" : "active_above";
    node.allow_keys({low, high});
    stage.low_below_volts = positive(node.at(low), Unit::volt);
    stage.high_above_volts = positive(node.at(high), Unit::volt);
    if (stage.low_below_volts >= stage.high_above_volts) {
        node.refuse("the thresholds stand the wrong way round; expected " + std::string(low) +
                    " < " + high);
    }
}

LineNet::Stage read_stage(const YamlNode& line) {
    LineNet::Stage stage;
    read_output(line.at("stage"), stage);
    read_threshold(line.at("threshold"), stage);
    if (const YamlNode* down = line.find("pull_down")) {
        stage.pull_down_ohms = positive(*down, Unit::ohm);
    }
    if (const YamlNode* up = line.find("pull_up")) {
        up->allow_keys({"resistance", "to"});
        stage.pull_up_ohms = positive(up->at("resistance"), Unit::ohm);
        stage.pull_up_volts = up->at("to").number(Unit::volt);
        if (stage.pull_up_volts < stage.high_above_volts) {
            up->at("to").refuse(
                "pulls a floating line to " + format_quantity(stage.pull_up_volts, Unit::volt) +
                ", which does not read as " + std::string(to_string(stage.high_level())) +
                "; expected " + format_quantity(stage.high_above_volts, Unit::volt) + " or more");
        }
    }
    return stage;
}

LineNet read_line(const YamlNode& node, int number) {
    node.allow_keys({"port", "reader", "count", "stage", "pull_down", "pull_up", "threshold",
                     "debounce", "when"});
    LineNet net;
    net.line = node.line();
    net.name = port_name(node, node.key(), number);
    net.port = port_name(node.at("port"), node.at("port").text(), number);
    net.reader = read_pin(node.at("reader"), number);
    net.debounce = node.at("debounce").duration();
    if (node.find("stage") != nullptr) {
        net.stage = read_stage(node);
        return net;
    }
    for (const char* key : {"pull_down", "pull_up", "threshold"}) {
        if (const YamlNode* part = node.find(key)) {
            part->refuse(
                "stands without a stage; a lamp or a contact has neither pull nor threshold");
        }
    }
    return net;
}

ReadingNet read_reading(const YamlNode& node, int number) {
    node.allow_keys({"port", "meter", "count", "unit", "when"});
    ReadingNet net;
    net.line = node.line();
    net.name = port_name(node, node.key(), number);
    net.port = port_name(node.at("port"), node.at("port").text(), number);
    net.meter = read_pin(node.at("meter"), number);
    net.unit = unit_from_string(node.at("unit").word({"V", "A", "ohm", "degC", "ratio"}));
    return net;
}

BusNet read_bus(const YamlNode& node, int number) {
    node.allow_keys({"adapter", "databases", "count", "when"});
    BusNet net;
    net.line = node.line();
    net.name = port_name(node, node.key(), number);
    net.adapter = read_pin(node.at("adapter"), number);
    if (const YamlNode* databases = node.find("databases")) {
        for (const YamlNode& name : databases->items()) net.databases.push_back(name.text());
    }
    return net;
}

Conflict read_conflict(const YamlNode& node) {
    using State = Conflict::State;
    node.allow_keys({"ports", "reason"});
    Conflict conflict;
    conflict.line = node.line();
    conflict.reason = node.at("reason").text();
    for (const YamlNode& entry : node.at("ports").entries()) {
        const std::string& word = entry.word({"closed", "open", "driven"});
        conflict.ports.emplace_back(entry.key(), word == "closed" ? State::closed
                                                 : word == "open" ? State::open
                                                                  : State::driven);
    }
    if (conflict.ports.empty()) node.at("ports").refuse("expected at least one port");
    return conflict;
}

/// Whether a net exists with these settings: "when: variant=v2".
bool is_there(const YamlNode& entry, const Settings& settings) {
    const YamlNode* when = entry.find("when");
    if (when == nullptr) return true;
    const std::string& text = when->text();
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
        when->refuse(in_quotes(text) +
                     " stands here; expected a setting and its value, such as "
                     "variant=v2");
    }
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    if (!settings.has(name)) when->refuse(unknown_name("setting", name, settings.names()));
    const auto& choices = settings.spec(name).choices;
    if (std::ranges::find(choices, value) == choices.end()) {
        when->refuse("the setting " + name + " is never " + in_quotes(value) + "; expected " +
                     settings.spec(name).describe_range());
    }
    return settings.text(name) == value;
}

template <typename Net>
void read_nets(const YamlNode* section, const Settings& settings, Net (*read)(const YamlNode&, int),
               std::vector<Net>& nets, Netlist& netlist) {
    if (section == nullptr) return;
    for (const YamlNode& entry : section->entries()) {
        const int last = repeats(entry, settings);
        const bool is_needed = is_there(entry, settings);
        for (int number = last + 1; number <= most_often(entry, settings); ++number) {
            netlist.beyond_count.push_back(with_number(entry.key(), number));
        }
        for (int number = 1; number <= last; ++number) {
            Net net = read(entry, number);
            if (is_needed) {
                nets.push_back(std::move(net));
            } else {
                netlist.left_out.push_back(with_number(entry.key(), number));
            }
        }
    }
}

}  // namespace

YamlNode read_wiring_file(const std::filesystem::path& file) {
    return read_yaml_format(
        file, {"format", "inputs", "loads", "lines", "readings", "buses", "conflicts"});
}

Netlist read_netlist(const YamlNode& root, const Settings& settings) {
    Netlist nets;
    read_nets(&root.at("inputs"), settings, read_input, nets.inputs, nets);
    read_nets(&root.at("loads"), settings, read_load, nets.loads, nets);
    read_nets(&root.at("lines"), settings, read_line, nets.lines, nets);
    read_nets(root.find("readings"), settings, read_reading, nets.readings, nets);
    read_nets(root.find("buses"), settings, read_bus, nets.buses, nets);
    if (const YamlNode* conflicts = root.find("conflicts")) {
        for (const YamlNode& conflict : conflicts->items()) {
            nets.conflicts.push_back(read_conflict(conflict));
        }
    }
    return nets;
}

}  // namespace bmsrig
