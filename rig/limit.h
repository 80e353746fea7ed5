// A limit: the pass band of one named measurement, and how to judge a value with an uncertainty by
// it.
#pragma once

#include <optional>
#include <string>

#include "rig/quantity.h"
#include "rig/verdict.h"

namespace bmsrig {

/// guarded: the whole interval value +/- uncertainty must lie inside; simple: the value alone
/// decides.
enum class Acceptance : unsigned char { guarded, simple };
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

    /// pass: inside with all its uncertainty; fail: outside with all of it; inconclusive: it
    /// straddles an end. Throws Error if value or uncertainty is not finite or uncertainty is
    /// negative.
    [[nodiscard]] Verdict judge(double value, double uncertainty) const;

    /// "2.795 V .. 2.805 V", ">= 30 s", "recorded only".
    [[nodiscard]] std::string describe() const;
};

}  // namespace bmsrig
