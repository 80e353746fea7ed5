#include "rig/real_time.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bmsrig {

bool take_priority(int priority) {
    sched_param wanted{};
    wanted.sched_priority = priority;
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &wanted) == 0;
}

RealTime::RealTime() {
    raise_priority();
    lock_memory();
}

RealTime::~RealTime() {
    const sched_param normal{};
    if (has_priority_) sched_setscheduler(0, SCHED_OTHER, &normal);
    if (has_locked_memory_) munlockall();
}

void RealTime::raise_priority() {
    has_priority_ = take_priority(rig_priority);
    text_ = has_priority_ ? "SCHED_FIFO " + std::to_string(rig_priority)
                          : "no real-time priority (grant it in /etc/security/limits.conf: "
                            "\"@bmsrig - rtprio 90\")";
}

/// With a limit below all memory, an allocation that goes beyond it would fail in the middle of a
/// test: then rather none.
void RealTime::lock_memory() {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    const bool is_unlimited = limit.rlim_cur == RLIM_INFINITY || geteuid() == 0;
    has_locked_memory_ = is_unlimited && mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    text_ += has_locked_memory_ ? ", memory locked"
                                : ", memory not locked (\"@bmsrig - memlock unlimited\")";
}

}  // namespace bmsrig
