#include "rig/config/fixture.h"

#include <algorithm>

#include "rig/config/limits_reader.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::string_view cell_prefix = "cell.";
constexpr std::string_view supply_port = "supply";

YamlNode read_fixture_file(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        throw InputError(
            folder.string(), 0,
            "there is no such folder; expected that of a fixture, with a fixture.yaml");
    }
    return read_yaml_format(folder / "fixture.yaml", {"format", "title", "products", "process",
                                                      "reaction_time", "settings", "baseline"});
}

/// "13.2 V", or "3.30 V per cell".
double read_supply(const YamlNode& node, const Settings& settings) {
    constexpr std::string_view per_cell = " per cell";
    const std::string& text = node.text();
    if (!text.ends_with(per_cell)) return node.number(Unit::volt);
    if (!settings.has("cells")) {
        node.refuse("\"per cell\" stands here, but there is no setting \"cells\"");
    }
    Quantity each;
    try {
        each = parse_quantity(
            shortened(std::string_view(text).substr(0, text.size() - per_cell.size())));
    } catch (const InputError& problem) {
        node.refuse(problem.what());
    }
    if (each.unit != Unit::volt) {
        node.refuse(in_quotes(text) + " stands here; expected volts, such as \"3.30 V per cell\"");
    }
    return each.value * settings.number("cells");
}

/// Only a cell's name with a number after it: "cell.12".
bool is_cell(const InputNet& net) {
    return net.port.starts_with(cell_prefix) && net.unit == Unit::volt;
}

bool is_contact(const InputNet& net) {
    return net.closed.has_value() || net.unit == Unit::boolean;
}

void check_rating(const YamlNode& node, const InputNet& net, double value,
                  const std::string& wiring_file) {
    if ((!net.rating_low || value >= *net.rating_low) &&
        (!net.rating_high || value <= *net.rating_high))
        return;
    node.refuse("the baseline puts " + format_quantity(value, net.unit) + " on " + net.port +
                ", which is rated " + format_quantity(net.rating_low.value_or(0), net.unit) +
                " to " + format_quantity(net.rating_high.value_or(0), net.unit) + " in " +
                wiring_file + ":" + std::to_string(net.line));
}

std::map<std::string, bool> read_switches(const YamlNode& node, const Wiring& wiring) {
    std::vector<std::string> contacts;
    for (const InputNet& net : wiring.inputs()) {
        if (is_contact(net)) contacts.push_back(net.port);
    }
    node.allow_keys(contacts);
    std::map<std::string, bool> switches;
    for (const YamlNode& entry : node.entries()) {
        switches[entry.key()] = entry.word({"closed", "open"}) == "closed";
    }
    for (const InputNet& net : wiring.inputs()) {
        if (!is_contact(net) || switches.contains(net.port)) continue;
        node.refuse("the contact " + net.port + " of " + wiring.file() + ":" +
                    std::to_string(net.line) + " is missing; expected closed or open for it");
    }
    return switches;
}

Baseline read_baseline(const YamlNode& node, const Settings& settings, const Wiring& wiring) {
    node.allow_keys({"cells", "temperatures", "supply", "switches"});
    Baseline baseline;
    baseline.cells_volts = node.at("cells").number(Unit::volt);
    baseline.temperatures_celsius = node.at("temperatures").number(Unit::celsius);
    baseline.supply_volts = read_supply(node.at("supply"), settings);
    for (const InputNet& net : wiring.inputs()) {
        if (is_cell(net)) check_rating(node.at("cells"), net, baseline.cells_volts, wiring.file());
        if (net.unit == Unit::celsius) {
            check_rating(node.at("temperatures"), net, baseline.temperatures_celsius,
                         wiring.file());
        }
        if (net.port == supply_port) {
            check_rating(node.at("supply"), net, baseline.supply_volts, wiring.file());
        }
    }
    baseline.switches = read_switches(node.at("switches"), wiring);
    return baseline;
}

}  // namespace

const Limit& Fixture::limit(std::string_view wanted) const {
    const auto found = std::ranges::find(limits, wanted, &Limit::name);
    if (found != limits.end()) return *found;
    std::vector<std::string> names;
    names.reserve(limits.size());
    for (const Limit& known : limits) names.push_back(known.name);
    throw InputError((folder / "limits.yaml").string(), 0, unknown_name("limit", wanted, names));
}

Settings Fixture::load_settings(const std::filesystem::path& folder) {
    return Settings(read_setting_specs(read_fixture_file(folder).at("settings")));
}

Fixture Fixture::load(const std::filesystem::path& folder, const Settings& settings) {
    const YamlNode root = read_fixture_file(folder);
    Fixture fixture;
    fixture.folder = folder;
    fixture.name = (std::filesystem::absolute(folder) / "")
                       .lexically_normal()
                       .parent_path()
                       .filename()
                       .string();
    fixture.title = root.at("title").text();
    for (const YamlNode& product : root.at("products").items()) {
        fixture.products.push_back(product.text());
    }
    if (fixture.products.empty()) {
        root.at("products").refuse("the list is empty; expected at least one product");
    }
    fixture.process = root.at("process").text();
    fixture.reaction_time = root.at("reaction_time").duration();
    fixture.settings = settings;
    fixture.wiring = Wiring::load(folder / "wiring.yaml", settings);
    fixture.baseline = read_baseline(root.at("baseline"), settings, fixture.wiring);
    fixture.requirements = read_requirements(folder / "requirements.csv");
    fixture.limits = read_limits(folder / "limits.yaml",
                                 {settings, fixture.reaction_time, fixture.requirements});
    return fixture;
}

}  // namespace bmsrig
