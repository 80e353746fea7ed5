// Decimals: readings are quantised to decimal steps, so the step count is far shorter than the
// double it becomes.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace bmsrig {

/// Steps per unit that are tried, the coarsest first: 0.1 mV, 1 uV, 1 nV.
constexpr std::array<double, 3> decimal_scales{1e4, 1e6, 1e9};

/// A double as a number of decimal steps. `nudge` (-1, 0, 1) is how many representable doubles the
/// value lies beyond steps/scale: a driver that multiplies by its resolution gets a neighbour of
/// what division gives.
struct Decimal {
    std::int64_t steps;
    int nudge;
};

/// Nearest whole number of steps; 0 if the value is NaN or too large to have an exact one.
inline std::int64_t decimal_steps(double value, double scale) {
    constexpr double largest_exact = 4503599627370496.0;  // 2^52
    const double scaled = value * scale;
    if (!(std::abs(scaled) < largest_exact)) return 0;  // NaN too
    return static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
}

inline double decimal_value(Decimal decimal, double scale) {
    const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(decimal.steps) / scale);
    return std::bit_cast<double>(
        bits + static_cast<std::uint64_t>(static_cast<std::int64_t>(decimal.nudge)));
}

/// Nothing if the value is not, to the last bit, such a decimal.
inline std::optional<Decimal> to_decimal(double value, double scale) {
    const std::int64_t steps = decimal_steps(value, scale);
    const auto near = std::bit_cast<std::uint64_t>(static_cast<double>(steps) / scale);
    const auto nudge = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(value) - near);
    if (nudge < -1 || nudge > 1) return std::nullopt;
    return Decimal{steps, static_cast<int>(nudge)};
}

}  // namespace bmsrig
