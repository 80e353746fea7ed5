// How long the rig may be silent before the guard takes the bench away from it.
#pragma once

#include "rig/time.h"

namespace bmsrig {

struct GuardLimits {
    Duration plan = std::chrono::seconds{60};        ///< in the test plan's own code
    Duration stuck = std::chrono::milliseconds{50};  ///< in the rig and its drivers, which never
                                                     ///< wait for anybody without letting time run
    Duration silence = std::chrono::milliseconds{60};  ///< the whole process
};

}  // namespace bmsrig
