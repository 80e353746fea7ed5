// A limit: the pass band of one named measurement, and how to judge a value with an uncertainty by
// it.
#pragma once

#include <optional>
#include <string>

#include "rig/quantity.h"
#include "rig/verdict.h"

namespace bmsrig {

/// What decides whether a measurement lies inside (JCGM 106:2012, 8.3). guarded: all of the
/// interval value +/- uncertainty; simple: the value alone; relaxed: any part of the interval, for
/// an end on which a good unit stands exactly.
enum class Acceptance : unsigned char { guarded, simple, relaxed };
std::string_view to_string(Acceptance acceptance);

/// The pass band of one measurement. Both ends belong to it. Without any end the measurement is
/// only recorded (characterised) and always passes.
struct Limit {
    std::string name;
    Unit unit = Unit::none;
    std::optional<double> low{};
    std::optional<double> high{};
    Acceptance acceptance = Acceptance::guarded;
    std::string requirement{};  ///< id in the product's requirements, may be empty
    std::string source{};       ///< document and section the numbers come from

    /// True if the limit has no end: the value is recorded, never judged.
    [[nodiscard]] bool records_only() const { return !low && !high; }

    /// pass: inside as `acceptance` wants it; fail: outside with all its uncertainty, and for
    /// simple and relaxed acceptance whatever does not pass; inconclusive: it straddles an end.
    /// Throws Error if value or uncertainty is not finite or uncertainty is negative.
    [[nodiscard]] Verdict judge(double value, double uncertainty) const;

    /// "2.795 V .. 2.805 V", ">= 30 s", "recorded only".
    [[nodiscard]] std::string describe() const;
};

}  // namespace bmsrig
