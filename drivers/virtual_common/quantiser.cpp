#include "drivers/virtual_common/quantiser.h"

#include <algorithm>
#include <cmath>

namespace bmsrig {

Quantiser::Quantiser(double resolution, double low, double high)
    : resolution_(resolution), numerator_(resolution) {
    // Ends that are meant to be whole steps may miss them by a rounding error.
    constexpr double slack = 1e-6;
    lowest_ = std::ceil(low / resolution - slack);
    highest_ = std::floor(high / resolution + slack);

    constexpr int most_decimals = 12;
    double scale = 1;
    for (int decimals = 0; decimals <= most_decimals; ++decimals, scale *= 10) {
        const double whole = std::round(resolution * scale);
        if (whole >= 1 && std::abs(resolution * scale - whole) <= 1e-14 * whole) {
            numerator_ = whole;
            denominator_ = scale;
            return;
        }
    }
}

double Quantiser::value_of(double steps) const {
    return steps * numerator_ / denominator_;
}

double Quantiser::round(double value) const {
    const double steps = std::round(value * denominator_ / numerator_);
    return value_of(std::clamp(steps, lowest_, highest_)) + 0.0;  // + 0.0: no minus zero
}

}  // namespace bmsrig
