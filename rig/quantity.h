// A number with its unit as people write it in files: "2.80 V", "5 mV", "30 s", "10 kohm".
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace bmsrig {

/// Units a signal, a limit or a setting can have.
enum class Unit : unsigned char {
    none,
    volt,
    ampere,
    ohm,
    celsius,
    second,
    ratio,
    boolean,
    percent,
    ampere_hour,
    watt_hour
};

/// "V", "A", "ohm", "degC", "s", "ratio", "bool", "%", "Ah", "Wh", and "" for none.
std::string_view to_string(Unit unit);
/// The unit of this name; nothing for one that the rig does not reckon with (1/h).
std::optional<Unit> find_unit(std::string_view text);
/// The inverse of to_string. Throws InputError naming the known units.
Unit unit_from_string(std::string_view text);

struct Quantity {
    double value = 0;
    Unit unit = Unit::none;
    bool operator==(const Quantity&) const = default;
};

/// Parses "<number> <unit>" with an optional SI prefix (n, u, m, k, M) on V, A, ohm and s; a bare
/// number has Unit::none. Throws InputError that quotes the text and shows a right example.
Quantity parse_quantity(std::string_view text);

/// The shortest decimal form that reads back to the same double ("2.8", "1e-06"); "nan" for NaN.
std::string format_number(double value);
/// "2.8 V"; just the number where there is no unit.
std::string format_quantity(double value, Unit unit);

/// Whether two values of a signal are the same: also two that are not a number (open, absent).
inline bool same_value(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace bmsrig
