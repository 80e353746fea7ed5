#include "rig/config/settings.h"

#include <algorithm>
#include <cmath>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

/// The form in which a value is kept: a choice as it is, a number bare in the base unit.
std::string canonical(const SettingSpec& spec, std::string_view value) {
    const std::string refused = spec.name + " cannot be " + in_quotes(value) + "; expected ";
    if (spec.is_scratch_file) {
        throw InputError(refused + spec.describe_range() +
                         "; look at it while the UUT is off, under the name of the setting");
    }
    if (!spec.choices.empty()) {
        if (std::ranges::find(spec.choices, value) != spec.choices.end()) return std::string(value);
        throw InputError(refused + "one of " + spec.describe_range());
    }
    Quantity found;
    try {
        found = parse_quantity(value);
    } catch (const InputError&) {
        throw InputError(refused + "a number, " + spec.describe_range());
    }
    if (found.unit != Unit::none && found.unit != spec.unit) {
        throw InputError(refused + "a number in " + std::string(to_string(spec.unit)) + ", " +
                         spec.describe_range());
    }
    if ((spec.low && found.value < *spec.low) || (spec.high && found.value > *spec.high)) {
        throw InputError(refused + spec.describe_range());
    }
    if (spec.is_whole && found.value != std::floor(found.value)) {
        throw InputError(refused + "a whole number, " + spec.describe_range());
    }
    const auto holds = [&](const std::pair<double, double>& ends) {
        return ends.first <= found.value && found.value <= ends.second;
    };
    if (!spec.intervals.empty() && std::ranges::none_of(spec.intervals, holds)) {
        throw InputError(refused + spec.describe_range());
    }
    return format_number(found.value);
}

void read_range(const YamlNode& node, SettingSpec& spec) {
    const Quantity low = node.at("low").quantity();
    const double high = node.at("high").number(low.unit);
    if (high < low.value) {
        node.at("high").refuse("the range ends below its beginning; expected low <= high");
    }
    spec.unit = low.unit;
    spec.low = low.value;
    spec.high = high;
}

void read_choices(const YamlNode& node, SettingSpec& spec) {
    for (const char* key : {"low", "high"}) {
        if (const YamlNode* end = node.find(key)) {
            end->refuse("stands beside choices; expected one or the other");
        }
    }
    for (const YamlNode& choice : node.at("choices").items()) {
        if (std::ranges::find(spec.choices, choice.text()) != spec.choices.end()) {
            choice.refuse(in_quotes(choice.text()) + " stands twice among the choices");
        }
        spec.choices.push_back(choice.text());
    }
    if (spec.choices.empty()) {
        node.at("choices").refuse("the list is empty; expected at least one choice");
    }
}

}  // namespace

std::string SettingSpec::describe_range() const {
    if (is_scratch_file) return "nothing else than the file that the rig provides for every test";
    if (!choices.empty()) return joined(choices);
    if (!intervals.empty()) {
        std::vector<std::string> words;
        words.reserve(intervals.size());
        for (const auto& [first, last] : intervals) {
            words.push_back(format_number(first) +
                            (first == last ? "" : " to " + format_number(last)));
        }
        return joined(words);
    }
    return format_quantity(low.value_or(0), unit) + " to " +
           format_quantity(high.value_or(0), unit);
}

void Settings::set(std::string_view name, std::string_view value, const std::string& where) {
    if (!has(name)) throw InputError(where + ": " + unknown_name("setting", name, names()));
    try {
        values_[std::string(name)] = canonical(spec(name), value);
    } catch (const InputError& problem) {
        throw InputError(where + ": " + problem.what());
    }
}

const std::string& Settings::text(std::string_view name) const {
    const SettingSpec& known = spec(name);
    const auto found = values_.find(name);
    return found == values_.end() ? known.default_text : found->second;
}

double Settings::number(std::string_view name) const {
    try {
        return parse_quantity(text(name)).value;
    } catch (const InputError&) {
        throw Error("the setting " + std::string(name) + " is " + in_quotes(text(name)) +
                    "; expected a number");
    }
}

const SettingSpec& Settings::spec(std::string_view name) const {
    const auto found = std::ranges::find(specs_, name, &SettingSpec::name);
    if (found == specs_.end()) throw Error(unknown_name("setting", name, names()));
    return *found;
}

bool Settings::has(std::string_view name) const {
    return std::ranges::find(specs_, name, &SettingSpec::name) != specs_.end();
}

std::vector<std::string> Settings::names() const {
    std::vector<std::string> all;
    all.reserve(specs_.size());
    for (const auto& known : specs_) all.push_back(known.name);
    return all;
}

std::vector<std::pair<std::string, std::string>> Settings::explicit_values() const {
    std::vector<std::pair<std::string, std::string>> set;
    for (const auto& known : specs_) {
        if (const auto found = values_.find(known.name); found != values_.end()) {
            set.emplace_back(*found);
        }
    }
    return set;
}

std::vector<SettingSpec> read_setting_specs(const YamlNode& node) {
    std::vector<SettingSpec> specs;
    for (const YamlNode& entry : node.entries()) {
        entry.allow_keys({"choices", "low", "high", "default", "source", "scratch_file"});
        if (!is_name(entry.key())) {
            entry.refuse("a setting's name has only a-z, 0-9, _ and . in it");
        }
        SettingSpec spec;
        spec.name = entry.key();
        spec.source = entry.at("source").text();
        if (const YamlNode* scratch_file = entry.find("scratch_file")) {
            entry.allow_keys({"source", "scratch_file"});
            static_cast<void>(scratch_file->word({"true"}));
            spec.is_scratch_file = true;
            spec.default_text = "new";
            specs.push_back(std::move(spec));
            continue;
        }
        entry.find("choices") != nullptr ? read_choices(entry, spec) : read_range(entry, spec);
        const YamlNode& standard = entry.at("default");
        if (spec.choices.empty()) static_cast<void>(standard.number(spec.unit));
        try {
            spec.default_text = canonical(spec, standard.text());
        } catch (const InputError& problem) {
            standard.refuse(problem.what());
        }
        specs.push_back(std::move(spec));
    }
    return specs;
}

}  // namespace bmsrig
