#include "drivers/virtual_common/approach.h"

#include <cmath>

namespace bmsrig {

Approach::Approach(Instant start, double from, double to, double slew, double time_constant,
                   double tolerance)
    : from_(from),
      to_(to),
      slew_(slew),
      time_constant_(time_constant),
      start_(start),
      done_(start) {
    const double distance = std::abs(to - from);
    remaining_ = distance;
    if (slew > 0 && distance > slew * time_constant) {
        // The first-order system would be faster than the slew rate until the distance is what is
        // left after one time constant at that rate.
        remaining_ = slew * time_constant;
        straight_seconds_ = (distance - remaining_) / slew;
    }
    if (distance <= tolerance) return;
    double seconds = straight_seconds_;
    if (remaining_ > tolerance) {
        seconds += time_constant * std::log(remaining_ / tolerance);
    }
    done_ = start + Duration{static_cast<Duration::rep>(std::ceil(seconds * 1e9))};
}

double Approach::at(Instant when) const {
    if (when >= done_) return to_;
    const double seconds = to_seconds(when - start_);
    const double direction = to_ < from_ ? -1 : 1;
    if (seconds <= straight_seconds_) return from_ + direction * slew_ * seconds;
    return to_ - direction * remaining_ * std::exp(-(seconds - straight_seconds_) / time_constant_);
}

}  // namespace bmsrig
