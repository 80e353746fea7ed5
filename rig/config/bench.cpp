#include "rig/config/bench.h"

#include <algorithm>
#include <limits>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

InstrumentSpec read_instrument(const YamlNode& node) {
    if (!is_name(node.key())) node.refuse("an instrument's name has only a-z, 0-9, _ and . in it");
    InstrumentSpec spec;
    spec.name = node.key();
    spec.driver = node.at("driver").text();
    spec.file = node.file();
    spec.line = node.line();
    for (const YamlNode& option : node.entries()) {
        if (option.key() != "driver") {
            spec.options.push_back({option.key(), option.text(), option.line()});
        }
    }
    return spec;
}

}  // namespace

const DriverOption* InstrumentSpec::take(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    const auto found = std::ranges::find(options, key, &DriverOption::key);
    return found == options.end() ? nullptr : &*found;
}

void InstrumentSpec::refuse(const DriverOption& option, const std::string& expected) const {
    throw InputError(file, option.line,
                     "instruments." + name + "." + option.key + ": " + in_quotes(option.text) +
                         " stands here; expected " + expected);
}

double InstrumentSpec::number(std::string_view key, Unit unit, double otherwise, double low,
                              double high) {
    const DriverOption* option = take(key);
    if (option == nullptr) return otherwise;
    const std::string expected = format_quantity(low, unit) + " to " + format_quantity(high, unit);
    Quantity found;
    try {
        found = parse_quantity(option->text);
    } catch (const InputError&) {
        refuse(*option, expected);
    }
    if (found.unit != unit || found.value < low || found.value > high) refuse(*option, expected);
    return found.value;
}

int InstrumentSpec::integer(std::string_view key, int otherwise, int low, int high) {
    const DriverOption* option = take(key);
    if (option == nullptr) return otherwise;
    const std::string expected =
        "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
    double value = 0;
    try {
        const Quantity found = parse_quantity(option->text);
        if (found.unit != Unit::none) refuse(*option, expected);
        value = found.value;
    } catch (const InputError&) {
        refuse(*option, expected);
    }
    if (value < low || value > high || value != static_cast<int>(value)) refuse(*option, expected);
    return static_cast<int>(value);
}

std::string InstrumentSpec::word(std::string_view key, std::string_view otherwise) {
    const DriverOption* option = take(key);
    return option == nullptr ? std::string(otherwise) : option->text;
}

void InstrumentSpec::finish() const {
    for (const DriverOption& option : options) {
        if (std::ranges::find(known_, option.key) != known_.end()) continue;
        throw InputError(
            file, option.line,
            "instruments." + name + ": " +
                unknown_name("option of the driver " + driver + ",", option.key, known_));
    }
}

Bench Bench::load(const std::filesystem::path& file) {
    const YamlNode root =
        read_yaml_format(file, {"format", "bench", "fixture", "clock", "seed", "settings", "uut",
                                "instruments", "wiring_faults"});
    Bench bench;
    bench.file = file;
    bench.name = root.at("bench").text();
    bench.fixture = root.at("fixture").text();
    bench.fixture_line = root.at("fixture").line();
    bench.clock = root.at("clock").word({"virtual", "real"}) == "virtual" ? ClockKind::virtual_time
                                                                          : ClockKind::real_time;
    if (const YamlNode* seed = root.find("seed")) {
        bench.seed =
            static_cast<std::uint64_t>(seed->integer(0, std::numeric_limits<std::int64_t>::max()));
    }
    if (const YamlNode* settings = root.find("settings")) {
        for (const YamlNode& setting : settings->entries()) {
            bench.settings.emplace_back(setting.key(), setting.text());
            bench.setting_lines.push_back(setting.line());
        }
    }
    if (const YamlNode* uut = root.find("uut")) bench.uut = uut->text();
    if (const YamlNode* faults = root.find("wiring_faults")) {
        bench.wiring_faults = read_wiring_faults(*faults);
    }
    const YamlNode& instruments = root.at("instruments");
    bench.instruments_line = instruments.line();
    for (const YamlNode& instrument : instruments.entries()) {
        bench.instruments.push_back(read_instrument(instrument));
    }
    if (bench.instruments.empty()) {
        instruments.refuse("there is no instrument; expected at least one");
    }
    return bench;
}

void Bench::apply_settings(Settings& product) const {
    for (std::size_t i = 0; i < settings.size(); ++i) {
        product.set(settings[i].first, settings[i].second,
                    file.string() + ":" + std::to_string(setting_lines[i]));
    }
}

}  // namespace bmsrig
