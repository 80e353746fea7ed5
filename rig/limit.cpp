#include "rig/limit.h"

#include <cmath>

#include "rig/error.h"

namespace bmsrig {

std::string_view to_string(Acceptance acceptance) {
    return acceptance == Acceptance::guarded ? "guarded" : "simple";
}

Verdict Limit::judge(double value, double uncertainty) const {
    if (!std::isfinite(value) || !std::isfinite(uncertainty) || uncertainty < 0) {
        throw Error("measurement " + name + ": value " + format_number(value) +
                    " with uncertainty " + format_number(uncertainty) +
                    " cannot be judged; expected finite numbers, uncertainty >= 0");
    }
    const double guard = acceptance == Acceptance::guarded ? uncertainty : 0;
    const double floor = low.value_or(-HUGE_VAL);
    const double ceiling = high.value_or(HUGE_VAL);
    if (value - guard >= floor && value + guard <= ceiling) return Verdict::pass;
    if (value + guard < floor || value - guard > ceiling) return Verdict::fail;
    return Verdict::inconclusive;
}

std::string Limit::describe() const {
    if (low && high) return format_quantity(*low, unit) + " .. " + format_quantity(*high, unit);
    if (low) return ">= " + format_quantity(*low, unit);
    if (high) return "<= " + format_quantity(*high, unit);
    return "recorded only";
}

}  // namespace bmsrig
