#include "drivers/scpi/template.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "drivers/scpi/options.h"
#include "drivers/scpi/values.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/quantity.h"

namespace bmsrig::scpi {

namespace {

constexpr std::array<std::pair<std::string_view, Hole>, 5> hole_names{{{"channel", Hole::channel},
                                                                       {"channels", Hole::channels},
                                                                       {"value", Hole::value},
                                                                       {"values", Hole::values},
                                                                       {"range", Hole::range}}};

std::string name_of(Hole hole) {
    const auto* const found =
        std::ranges::find(hole_names, hole, &std::pair<std::string_view, Hole>::second);
    return "{" + std::string(found->first) + "}";
}

std::string names_of_holes(const std::vector<Hole>& holes) {
    std::vector<std::string> names;
    names.reserve(holes.size());
    for (const Hole hole : holes) names.push_back(name_of(hole));
    return names.empty() ? "none" : joined(names);
}

/// ":.4f" -> 4; -1 for nothing; nothing valid: -2.
int decimals_of(std::string_view format) {
    constexpr int most = 12;
    if (format.empty()) return -1;
    if (!format.starts_with(":.") || !format.ends_with('f')) return -2;
    const auto number = parse_channels(format.substr(2, format.size() - 3));
    return number && number->size() == 1 && number->front() <= most ? number->front() : -2;
}

std::string number_text(double value, int decimals) {
    return decimals < 0 ? format_value(value) : format_value(value, decimals);
}

/// Most cells have the voltage of the one before, whose text is known.
std::string numbers_text(std::span<const double> values, int decimals) {
    std::string text;
    std::string number;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i == 0 || values[i] != values[i - 1]) number = number_text(values[i], decimals);
        if (i > 0) text += ',';
        text += number;
    }
    return text;
}

bool contains(const std::vector<Hole>& holes, Hole hole) {
    return std::ranges::find(holes, hole) != holes.end();
}

}  // namespace

CommandTemplate CommandTemplate::take(InstrumentSpec& spec, std::string_view key,
                                      const Rules& rules) {
    const DriverOption* option = find_option(spec, key);
    CommandTemplate made;
    if (option == nullptr || option->text == "none") {
        if (!rules.required) return made;
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": the command \"" + std::string(key) +
                             "\" is missing, without which the driver " + spec.driver +
                             " cannot work; expected it here or in its profile");
    }
    std::string_view rest = option->text;
    while (!rest.empty()) {
        const auto begin = rest.find('{');
        Part part{std::string(rest.substr(0, begin))};
        if (part.text.find('}') != std::string::npos) {
            refuse_option(spec, *option, in_quotes(option->text) + " has a } without its {");
        }
        if (begin == std::string_view::npos) {
            made.parts_.push_back(std::move(part));
            break;
        }
        const auto end = rest.find('}', begin);
        if (end == std::string_view::npos) {
            refuse_option(spec, *option, in_quotes(option->text) + " has a { without its }");
        }
        const std::string_view inside = rest.substr(begin + 1, end - begin - 1);
        const auto colon = std::min(inside.find(':'), inside.size());
        const auto* const found = std::ranges::find(hole_names, inside.substr(0, colon),
                                                    &std::pair<std::string_view, Hole>::first);
        part.decimals = decimals_of(inside.substr(colon));
        if (found == hole_names.end() || !contains(rules.may, found->second) ||
            part.decimals < -1) {
            refuse_option(
                spec, *option,
                in_quotes("{" + std::string(inside) + "}") +
                    " stands here; expected of placeholders: " + names_of_holes(rules.may) +
                    " (numbers also with their decimals, such as {value:.4f})");
        }
        part.has_hole = true;
        part.hole = found->second;
        made.parts_.push_back(std::move(part));
        rest.remove_prefix(end + 1);
    }
    check(spec, *option, made, rules);
    return made;
}

void CommandTemplate::check(const InstrumentSpec& spec, const DriverOption& option,
                            const CommandTemplate& made, const Rules& rules) {
    const bool asks = option.text.find('?') != std::string::npos;
    if (asks != (rules.kind == Kind::query)) {
        refuse_option(spec, option,
                      in_quotes(option.text) +
                          (asks ? " is a query (it has a question mark); expected a command"
                                : " is no query; expected one with a question mark"));
    }
    for (const Hole hole : rules.must) {
        if (made.has(hole)) continue;
        refuse_option(
            spec, option,
            in_quotes(option.text) + " says nothing of " + name_of(hole) + "; expected it in here");
    }
    for (const Part& part : made.parts_) {
        if (!part.has_hole || part.decimals < 0 || rules.resolution <= 0) continue;
        const double steps = rules.resolution * std::pow(10.0, part.decimals);
        if (steps > 0.5 && std::abs(steps - std::round(steps)) < 1e-6) continue;
        refuse_option(spec, option,
                      std::to_string(part.decimals) + " decimals cannot say steps of " +
                          format_number(rules.resolution) +
                          "; expected more of them, or the true resolution of the instrument");
    }
}

bool CommandTemplate::has(Hole hole) const {
    return std::ranges::any_of(
        parts_, [hole](const Part& part) { return part.has_hole && part.hole == hole; });
}

std::string CommandTemplate::fill(const Filling& filling) const {
    std::string text;
    for (const Part& part : parts_) {
        text += part.text;
        if (!part.has_hole) continue;
        switch (part.hole) {
            case Hole::channel:
                text += std::to_string(filling.channel);
                break;
            case Hole::channels:
                text += format_channels({filling.channels.begin(), filling.channels.end()});
                break;
            case Hole::value:
                text += number_text(filling.value, part.decimals);
                break;
            case Hole::values:
                text += numbers_text(filling.values, part.decimals);
                break;
            case Hole::range:
                text += number_text(filling.range, part.decimals);
                break;
        }
    }
    return text;
}

std::string in_one_message(const std::vector<std::string>& commands) {
    std::string message;
    for (const std::string& command : commands) {
        if (command.empty()) continue;
        if (!message.empty()) message += ';';
        if (command.front() != ':' && command.front() != '*') message += ':';
        message += command;
    }
    return message;
}

}  // namespace bmsrig::scpi
