// A measurement: a reading with its name, unit, time, uncertainty, limit and verdict.
#pragma once

#include <string>

#include "rig/limit.h"
#include "rig/time.h"

namespace bmsrig {

struct Measurement {
    std::string name;
    double value = 0;
    double uncertainty = 0;  ///< half width, in the limit's unit
    Limit limit;
    Verdict verdict = Verdict::pass;
    Instant time;         ///< when it was taken, on the test's time line
    std::string comment;  ///< what it was taken of ("cell 3"), may be empty

    /// "under_voltage_threshold = 2.779 V +/- 0.0015 V, limit 2.795 V .. 2.805 V: fail (cell 3)".
    [[nodiscard]] std::string describe() const;
};

}  // namespace bmsrig
