#include "rig/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::array<std::pair<Unit, std::string_view>, 11> unit_names{{{Unit::none, ""},
                                                                        {Unit::volt, "V"},
                                                                        {Unit::ampere, "A"},
                                                                        {Unit::ohm, "ohm"},
                                                                        {Unit::celsius, "degC"},
                                                                        {Unit::second, "s"},
                                                                        {Unit::ratio, "ratio"},
                                                                        {Unit::boolean, "bool"},
                                                                        {Unit::percent, "%"},
                                                                        {Unit::ampere_hour, "Ah"},
                                                                        {Unit::watt_hour, "Wh"}}};

constexpr std::array<std::pair<char, int>, 5> prefixes{
    {{'n', -9}, {'u', -6}, {'m', -3}, {'k', 3}, {'M', 6}}};

bool takes_prefix(Unit unit) {
    return unit == Unit::volt || unit == Unit::ampere || unit == Unit::ohm || unit == Unit::second;
}

[[noreturn]] void refuse(std::string_view text) {
    throw InputError(
        "\"" + std::string(text) +
        "\" is no quantity; expected a number and a unit (V, A, ohm, degC, s, ratio, %, Ah, Wh; "
        "with n, u, m, k or "
        "M before V, A, ohm and s), such as \"2.80 V\" or \"5 mV\"");
}

/// Multiplies by a power of ten through the decimal text, so that "20 mV" is the double nearest to
/// 0.02.
double scale(std::string_view number, int exponent, std::string_view whole) {
    double value = 0;
    const std::string shifted = std::string(number) + "e" + std::to_string(exponent);
    const bool has_exponent = number.find_first_of("eE") != std::string_view::npos;
    const std::string_view text = has_exponent ? number : std::string_view(shifted);
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        refuse(whole);
    return has_exponent ? value * std::pow(10.0, exponent) : value;
}

}  // namespace

std::optional<Unit> find_unit(std::string_view text) {
    for (const auto& [unit, name] : unit_names) {
        if (name == text) return unit;
    }
    return std::nullopt;
}

std::string_view to_string(Unit unit) {
    for (const auto& [known, name] : unit_names) {
        if (known == unit) return name;
    }
    return "?";
}

Unit unit_from_string(std::string_view text) {
    if (const auto unit = find_unit(text)) return *unit;
    throw InputError("\"" + std::string(text) +
                     "\" is no unit; expected one of V, A, ohm, degC, s, ratio, bool");
}

Quantity parse_quantity(std::string_view text) {
    const auto space = text.find(' ');
    const std::string_view number = text.substr(0, space);
    if (number.empty() || number.front() == '+') refuse(text);
    if (space == std::string_view::npos) return {scale(number, 0, text), Unit::none};

    std::string_view unit = text.substr(space + 1);
    if (unit.empty()) refuse(text);
    if (const auto plain = find_unit(unit)) return {scale(number, 0, text), *plain};
    for (const auto& [letter, exponent] : prefixes) {
        if (unit.front() != letter) continue;
        const auto base = find_unit(unit.substr(1));
        if (base && takes_prefix(*base)) return {scale(number, exponent, text), *base};
    }
    refuse(text);
}

std::string format_number(double value) {
    if (std::isnan(value)) return "nan";
    std::array<char, 32> buffer{};
    const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return problem == std::errc{} ? std::string(buffer.data(), end) : std::string("?");
}

std::string format_quantity(double value, Unit unit) {
    std::string text = format_number(value);
    if (unit != Unit::none) text.append(" ").append(to_string(unit));
    return text;
}

}  // namespace bmsrig
