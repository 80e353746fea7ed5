#include "rig/config/bench.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "rig/ability.h"
#include "rig/config/bench_chain.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

FilePlace place_of(const YamlNode& node) {
    return {node.file(), node.line()};
}

bool is_date(std::string_view text) {
    const auto number = [&](std::size_t from, std::size_t count) {
        int value = -1;
        const char* end = text.data() + from + count;
        const auto read = std::from_chars(text.data() + from, end, value);
        return read.ec == std::errc{} && read.ptr == end ? value : -1;
    };
    if (text.size() != std::string_view("2026-03-31").size() || text[4] != '-' || text[7] != '-')
        return false;
    const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                          std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    return number(0, 4) > 0 && number(5, 2) > 0 && number(8, 2) > 0 && day.ok();
}

/// `driver` is the key that names the driver.
InstrumentSpec read_instrument(const YamlNode& node, std::string_view driver) {
    if (!is_name(node.key())) node.refuse("an instrument's name has only a-z, 0-9, _ and . in it");
    InstrumentSpec spec;
    spec.name = node.key();
    spec.driver = node.at(driver).text();
    spec.file = node.file();
    spec.line = node.line();
    for (const YamlNode& option : node.entries()) {
        if (option.key() != driver) {
            spec.options.push_back({option.key(), option.text(), option.line()});
        }
    }
    return spec;
}

std::vector<std::string> read_abilities(const YamlNode& list) {
    std::vector<std::string> abilities;
    const std::vector<std::string> known = ability_names();
    for (const YamlNode& item : list.items()) {
        if (std::ranges::find(known, item.text()) == known.end())
            item.refuse(unknown_name("ability", item.text(), known));
        if (std::ranges::find(abilities, item.text()) != abilities.end())
            item.refuse(in_quotes(item.text()) + " stands here twice");
        abilities.push_back(item.text());
    }
    return abilities;
}

CalibrationRule read_calibration(const YamlNode& node) {
    constexpr std::int64_t most_days = 3650;
    node.allow_keys({"expired", "valid_for_days", "required"});
    CalibrationRule rule;
    rule.place = place_of(node);
    if (const YamlNode* expired = node.find("expired"))
        rule.refuses_expired = expired->word({"refuse", "mark"}) == "refuse";
    if (const YamlNode* days = node.find("valid_for_days"))
        rule.valid_for_days = static_cast<int>(days->integer(1, most_days));
    if (const YamlNode* required = node.find("required")) rule.is_required = required->boolean();
    return rule;
}

Duration read_limit(const YamlNode& limits, std::string_view key, Duration otherwise,
                    Duration least) {
    const YamlNode* limit = limits.find(key);
    if (limit == nullptr) return otherwise;
    const Duration found = limit->duration();
    if (found < least) {
        limit->refuse(in_quotes(limit->text()) + " stands here; expected " +
                      format_duration(least) + " or more");
    }
    return found;
}

BenchGuard read_guard(const YamlNode& node) {
    using std::chrono_literals::operator""ms;
    using std::chrono_literals::operator""s;
    BenchGuard guard;
    if (node.kind() != YamlNode::Kind::mapping) {
        node.refuse(
            "expected the guard's limits, such as {plan_limit: 60 s}, or why there is to be none: "
            "{off: <reason>}");
    }
    node.allow_keys({"plan_limit", "stuck", "silence", "off"});
    if (const YamlNode* off = node.find("off")) {
        if (node.entries().size() > 1) off->refuse("a guard that is off has no limits");
        guard.off_because = off->text();
        return guard;
    }
    GuardLimits& limits = guard.limits;
    limits.plan = read_limit(node, "plan_limit", limits.plan, 1s);
    // Less, and a busy machine looks like a dead rig.
    limits.stuck = read_limit(node, "stuck", limits.stuck, 20ms);
    limits.silence = read_limit(node, "silence", limits.silence, 40ms);
    return guard;
}

}  // namespace

const DriverOption* InstrumentSpec::take(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    const auto found = std::ranges::find(options, key, &DriverOption::key);
    return found == options.end() ? nullptr : &*found;
}

void InstrumentSpec::refuse(const DriverOption& option, const std::string& expected) const {
    throw InputError(option.file.empty() ? file : option.file, option.line,
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

std::string InstrumentSpec::date(std::string_view key) {
    const DriverOption* option = take(key);
    if (option == nullptr) return {};
    if (!is_date(option->text)) refuse(*option, "a day that there is, such as 2026-03-31");
    return option->text;
}

void InstrumentSpec::finish() const {
    for (const DriverOption& option : options) {
        if (std::ranges::find(known_, option.key) != known_.end()) continue;
        throw InputError(
            option.file.empty() ? file : option.file, option.line,
            "instruments." + name + ": " +
                unknown_name("option of the driver " + driver + ",", option.key, known_));
    }
}

Bench Bench::load(const std::filesystem::path& file) {
    const BenchChain chain = BenchChain::read(file);
    Bench bench;
    bench.file = file;
    bench.files = chain.files();
    bench.name = chain.own("bench").text();  // in records, two benches are not to share a name
    bench.fixture = chain.at("fixture").text();
    bench.fixture_place = place_of(chain.at("fixture"));
    bench.clock = chain.at("clock").word({"virtual", "real"}) == "virtual" ? ClockKind::virtual_time
                                                                           : ClockKind::real_time;
    if (const YamlNode* seed = chain.find("seed")) {
        bench.seed =
            static_cast<std::uint64_t>(seed->integer(0, std::numeric_limits<std::int64_t>::max()));
    }
    if (const YamlNode* timing = chain.find("timing")) {
        for (const YamlNode& entry : timing->entries()) {
            if (entry.key() != "lateness")
                entry.refuse("this is no key of timing; expected lateness");
            bench.allowed_lateness = entry.duration();
        }
    }
    for (const YamlNode& setting : chain.merged("settings")) {
        bench.settings.push_back({setting.key(), setting.text(), place_of(setting)});
    }
    if (const YamlNode* uut = chain.find("uut")) bench.uut = uut->text();
    if (const YamlNode* faults = chain.find("wiring_faults")) {
        bench.wiring_faults = read_wiring_faults(*faults);
    }
    if (const YamlNode* abilities = chain.find("cannot")) bench.cannot = read_abilities(*abilities);
    if (const YamlNode* rule = chain.find("calibration"))
        bench.calibration = read_calibration(*rule);
    if (const YamlNode* guard = chain.find("guard")) bench.guard = read_guard(*guard);
    for (const YamlNode& entry : chain.merged("serve")) {
        bench.serve.push_back(read_instrument(entry, "as"));
    }
    const YamlNode& instruments = chain.at("instruments");
    bench.instruments_place = place_of(instruments);
    for (const YamlNode& instrument : chain.merged("instruments")) {
        bench.instruments.push_back(read_instrument(instrument, "driver"));
    }
    if (bench.instruments.empty()) {
        instruments.refuse("there is no instrument; expected at least one");
    }
    return bench;
}

void Bench::apply_settings(Settings& product) const {
    for (const BenchSetting& setting : settings) {
        product.set(setting.name, setting.value,
                    setting.place.file + ":" + std::to_string(setting.place.line));
    }
}

}  // namespace bmsrig
