#include "rig/limit.h"

#include <cmath>

#include "rig/error.h"

namespace bmsrig {

std::string_view to_string(Acceptance acceptance) {
    switch (acceptance) {
        case Acceptance::guarded:
            return "guarded";
        case Acceptance::simple:
            return "simple";
        case Acceptance::relaxed:
            return "relaxed";
    }
    return "unknown";
}

namespace {

/// How much nearer than the limit's ends a value must lie to pass.
double guard_band(Acceptance acceptance, double uncertainty) {
    switch (acceptance) {
        case Acceptance::guarded:
            return uncertainty;
        case Acceptance::simple:
            return 0;
        case Acceptance::relaxed:
            return -uncertainty;
    }
    return uncertainty;
}

}  // namespace

Verdict Limit::judge(double value, double uncertainty) const {
    if (!std::isfinite(value) || !std::isfinite(uncertainty) || uncertainty < 0) {
        throw Error("measurement " + name + ": value " + format_number(value) +
                    " with uncertainty " + format_number(uncertainty) +
                    " cannot be judged; expected finite numbers, uncertainty >= 0");
    }
    const double guard = guard_band(acceptance, uncertainty);
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
