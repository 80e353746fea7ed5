#include "rig/config/fixture.h"

#include <algorithm>
#include <utility>

#include "rig/config/fixture_files.h"
#include "rig/config/limits_reader.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr std::string_view cell_prefix = "cell.";
constexpr std::string_view supply_port = "supply";

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

/// A voltage source of its own, neither a cell nor the supply.
bool is_source(const InputNet& net) {
    return !net.is_contact() && net.unit == Unit::volt && !is_cell(net) && net.port != supply_port;
}

void check_rating(const YamlNode& node, const InputNet& net, double value,
                  const std::string& wiring_file, const std::string& who = "the baseline") {
    if ((!net.rating_low || value >= *net.rating_low) &&
        (!net.rating_high || value <= *net.rating_high))
        return;
    node.refuse(who + " puts " + format_quantity(value, net.unit) + " on " + net.port +
                ", which is rated " + format_quantity(net.rating_low.value_or(0), net.unit) +
                " to " + format_quantity(net.rating_high.value_or(0), net.unit) + " in " +
                wiring_file + ":" + std::to_string(net.line));
}

/// The entries of a section that has to name every input of one kind, and no other; those that the
/// settings leave out of the wiring are passed over.
std::vector<const YamlNode*> entries_for(const YamlNode* section, const YamlNode& baseline,
                                         const Wiring& wiring, bool (*is_meant)(const InputNet&),
                                         const std::string& what) {
    std::vector<std::string> ports;
    for (const InputNet& net : wiring.inputs()) {
        if (is_meant(net)) ports.push_back(net.port);
    }
    std::vector<const YamlNode*> found;
    if (section != nullptr) {
        for (const YamlNode& entry : section->entries()) {
            if (wiring.passes_over(entry.key())) continue;
            if (std::ranges::find(ports, entry.key()) == ports.end()) section->allow_keys(ports);
            found.push_back(&entry);
        }
    }
    for (const InputNet& net : wiring.inputs()) {
        if (!is_meant(net) || std::ranges::find(found, net.port, &YamlNode::key) != found.end())
            continue;
        (section != nullptr ? *section : baseline)
            .refuse("the " + what + " " + net.port + " of " + wiring.file() + ":" +
                    std::to_string(net.line) + " is missing; expected " +
                    (net.is_contact() ? "closed or open" : "volts or open") + " for it");
    }
    return found;
}

std::map<std::string, bool> read_switches(const YamlNode& baseline, const Wiring& wiring) {
    const auto is_contact = [](const InputNet& net) { return net.is_contact(); };
    std::map<std::string, bool> switches;
    for (const YamlNode* entry :
         entries_for(&baseline.at("switches"), baseline, wiring, is_contact, "contact")) {
        switches[entry->key()] = entry->word({"closed", "open"}) == "closed";
    }
    return switches;
}

const InputNet& input_of(const Wiring& wiring, const std::string& port) {
    return *std::ranges::find(wiring.inputs(), port, &InputNet::port);
}

std::map<std::string, std::optional<double>> read_sources(const YamlNode& baseline,
                                                          const Wiring& wiring) {
    std::map<std::string, std::optional<double>> sources;
    for (const YamlNode* entry :
         entries_for(baseline.find("sources"), baseline, wiring, is_source, "source")) {
        auto& volts = sources[entry->key()];
        if (entry->text() == "open") continue;
        volts = entry->number(Unit::volt);
        check_rating(*entry, input_of(wiring, entry->key()), *volts, wiring.file());
    }
    return sources;
}

Baseline read_baseline(const YamlNode& node, const Settings& settings, const Wiring& wiring) {
    node.allow_keys({"cells", "temperatures", "supply", "switches", "sources"});
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
    baseline.switches = read_switches(node, wiring);
    baseline.sources = read_sources(node, wiring);
    return baseline;
}

/// Lines -> active. Lines that the settings leave out are passed over.
std::map<std::string, bool> read_levels(const YamlNode& node, const Wiring& wiring) {
    std::map<std::string, bool> levels;
    for (const YamlNode& entry : node.entries()) {
        if (wiring.passes_over(entry.key())) continue;
        try {
            static_cast<void>(wiring.line(entry.key()));
        } catch (const InputError& problem) {
            entry.refuse(problem.what());
        }
        levels[entry.key()] = entry.word({"active", "inactive"}) == "active";
    }
    return levels;
}

std::vector<std::pair<std::string, double>> read_stimuli(const YamlNode& node,
                                                         const Wiring& wiring) {
    std::vector<std::pair<std::string, double>> stimuli;
    for (const YamlNode& entry : node.entries()) {
        if (wiring.passes_over(entry.key())) continue;
        const auto net = std::ranges::find(wiring.inputs(), entry.key(), &InputNet::port);
        if (net == wiring.inputs().end()) {
            entry.refuse(
                unknown_name("input", entry.key(), names_of(wiring.inputs(), &InputNet::port)));
        }
        if (net->is_contact()) {
            stimuli.emplace_back(entry.key(), entry.word({"closed", "open"}) == "closed" ? 1 : 0);
            continue;
        }
        stimuli.emplace_back(entry.key(), entry.number(net->unit));
        check_rating(entry, *net, stimuli.back().second, wiring.file(), "the self-test");
    }
    return stimuli;
}

SelfTestPlan read_self_test(const YamlNode& node, const Wiring& wiring) {
    node.allow_keys({"dead_supply", "baseline", "steps"});
    SelfTestPlan plan;
    plan.dead_supply_volts = node.at("dead_supply").number(Unit::volt);
    if (plan.dead_supply_volts < 0) node.at("dead_supply").refuse("expected 0 V or more");
    plan.baseline = read_levels(node.at("baseline"), wiring);
    for (const YamlNode& step : node.at("steps").items()) {
        step.allow_keys({"apply", "lines"});
        auto stimuli = read_stimuli(step.at("apply"), wiring);
        if (stimuli.empty()) continue;  // the settings leave its inputs out
        plan.steps.push_back({std::move(stimuli), read_levels(step.at("lines"), wiring)});
        for (const auto& [line, active] : plan.steps.back().lines) {
            const auto usual = plan.baseline.find(line);
            if (usual != plan.baseline.end() && usual->second != active) continue;
            step.refuse("the line " + line +
                        (usual == plan.baseline.end() ? " is not named in self_test.baseline"
                                                      : " has that level at the baseline already") +
                        "; expected a line that changes");
        }
    }
    return plan;
}

}  // namespace

const Limit& Fixture::limit(std::string_view wanted) const {
    const auto found = std::ranges::find(limits, wanted, &Limit::name);
    if (found != limits.end()) return *found;
    throw InputError((folder / "limits.yaml").string(), 0,
                     unknown_name("limit", wanted, names_of(limits, &Limit::name)));
}

Fixture Fixture::load(const FixtureFiles& files, const Settings& settings) {
    const YamlNode& root = files.fixture;
    Fixture fixture;
    fixture.folder = files.folder;
    fixture.name = (std::filesystem::absolute(files.folder) / "")
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
    if (const auto* off_time = root.find("off_time")) fixture.off_time = off_time->duration();
    fixture.settings = settings;
    fixture.wiring = Wiring::load(files.wiring, settings);
    fixture.baseline = read_baseline(root.at("baseline"), settings, fixture.wiring);
    fixture.self_test = read_self_test(root.at("self_test"), fixture.wiring);
    fixture.requirements = files.requirements;
    fixture.limits =
        read_limits(files.limits, {settings, fixture.reaction_time, fixture.requirements});
    return fixture;
}

}  // namespace bmsrig
