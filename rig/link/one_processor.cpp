#include "rig/link/one_processor.h"

#include <sched.h>

#include <cstddef>

namespace bmsrig::link {

namespace {

/// Of each thread: how many hold it, and where it may run otherwise.
struct Hold {
    int count = 0;
    cpu_set_t before{};
};
thread_local Hold hold;

}  // namespace

OneProcessor::OneProcessor() {
    if (hold.count++ > 0) return;
    CPU_ZERO(&hold.before);
    const int here = sched_getcpu();
    if (sched_getaffinity(0, sizeof hold.before, &hold.before) != 0 || here < 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(here), &one);
    sched_setaffinity(0, sizeof one, &one);
}

OneProcessor::~OneProcessor() {
    if (hold.count == 0) return;  // it was made by another thread
    --hold.count;
    if (hold.count == 0 && CPU_COUNT(&hold.before) > 0)
        sched_setaffinity(0, sizeof hold.before, &hold.before);
}

}  // namespace bmsrig::link
