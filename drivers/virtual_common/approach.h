// How an output moves to a new value: at most with its slew rate, at the end as a first-order
// system.
#pragma once

#include "rig/time.h"

namespace bmsrig {

/// A move from one value to another, as a formula: any moment can be asked for without those
/// before.
class Approach {
  public:
    /// Stands still at a value.
    explicit Approach(double value = 0) : from_(value), to_(value) {}
    /// slew: units per second, 0 for no limit. time_constant: seconds, 0 for none.
    /// The move counts as done when it is within `tolerance` (above zero) of its end.
    Approach(Instant start, double from, double to, double slew, double time_constant,
             double tolerance);

    /// The value at a moment; exactly `to` from done() on.
    [[nodiscard]] double at(Instant when) const;
    [[nodiscard]] double to() const { return to_; }
    [[nodiscard]] Instant done() const { return done_; }

  private:
    double from_;
    double to_;
    double slew_ = 0;
    double time_constant_ = 0;
    double straight_seconds_ = 0;  // how long the slew rate limits it
    double remaining_ = 0;         // distance to the end when the slew rate no longer does
    Instant start_;
    Instant done_;
};

}  // namespace bmsrig
