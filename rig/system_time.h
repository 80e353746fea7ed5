// The operating system's clocks. The rig's time is not read here but from its Clock; this is for
// those who make that time, and for measuring our own work.
#pragma once

#include <ctime>

#include "rig/time.h"

namespace bmsrig {

/// CLOCK_MONOTONIC, CLOCK_REALTIME or one of a thread's or process's own time: since its zero.
inline Duration read_clock(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace bmsrig
