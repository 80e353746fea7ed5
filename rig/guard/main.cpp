// bmsrig-guard: started by the rig, which speaks with it over descriptor 3.
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>

#include "rig/guard/guard_process.h"

namespace {

constexpr int socket_number = 3;
/// Above the rig's own threads, below the kernel's.
constexpr int priority = 90;

/// What ends a rig from a terminal must not end its guard.
void stay_when_the_rig_goes() {
    ::setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE}) {
        std::signal(signal, SIG_IGN);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Nor may it keep anything open that the rig has: a GPIO line would stay the rig's.
    ::close_range(socket_number + 1, ~0U, 0);
}

/// As fast as the kernel permits: what it permitted.
std::string take_means() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_MEMLOCK, &limit);
    }
    std::string means =
        ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? "memory locked" : "memory not locked";
    const sched_param wanted{priority};
    means += ::sched_setscheduler(0, SCHED_FIFO, &wanted) == 0 ? ", SCHED_FIFO"
                                                               : ", no real-time priority";
    // Reads the time zone's files now rather than when it matters.
    ::tzset();
    return means;
}

}  // namespace

int main() {
    try {
        stay_when_the_rig_goes();
        bmsrig::GuardProcess guard(bmsrig::link::FileDescriptor(socket_number), take_means());
        return guard.run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "bmsrig-guard: %s\n", problem.what());
        return 1;
    }
}
