// For tests of drivers: a rig's process with its guard, that lives, hangs or is killed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "drivers/contract/workbench.h"
#include "rig/guard/bench_in_test.h"
#include "rig/guard/guard.h"
#include "rig/guard/watch_page.h"
#include "rig/reactor.h"
#include "rig/test_folder.h"

namespace bmsrig {

enum class Way : unsigned char { lives, hangs_in_a_driver };

/// What a process of the rig is made of.
struct GuardedBench {
    InstrumentSpec instrument;
    std::vector<SafeAction> more;  ///< of instruments that stand in the test
    /// In that process: switches outputs on.
    std::function<void(Instrument&)> drive;
    /// In that process, at its start: lets go of what is the test's.
    std::function<void()> let_go;
    Way way = Way::lives;
};

/// Forked from the test: it has a reactor, an instrument and a guard of its own.
class GuardedProcess {
  public:
    /// Returns when the guard is armed and the outputs are on.
    explicit GuardedProcess(const GuardedBench& bench) {
        ::setenv("XDG_STATE_HOME", (folder_.path() / "state").c_str(), 1);
        link::Pipe told = link::make_pipe();
        pid_ = ::fork();
        if (pid_ == 0) live(bench, told.write_end.number());
        told.write_end.close();
        char armed = 0;
        if (::read(told.read_end.number(), &armed, 1) != 1) {
            throw std::runtime_error("the rig's process ended before its outputs were on");
        }
        on_since_ = monotonic_ns();
    }
    ~GuardedProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    GuardedProcess(const GuardedProcess&) = delete;
    GuardedProcess& operator=(const GuardedProcess&) = delete;

    void kill() {
        on_since_ = monotonic_ns();
        ::kill(pid_, SIGKILL);
    }
    /// Since it was killed, or has hung (ns).
    [[nodiscard]] std::int64_t elapsed() const { return monotonic_ns() - on_since_; }
    /// The signal that ended it; 0: none.
    int wait_for_end() {
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
        return info.si_code == CLD_KILLED ? info.si_status : 0;
    }
    /// Until the guard has let go of the bench.
    void wait_for_guard() const { wait_until_free(state()); }
    [[nodiscard]] BenchState state() const { return BenchState(bench_); }
    [[nodiscard]] std::string report() const { return content_of(state().report()); }
    [[nodiscard]] std::string marker() const { return content_of(state().marker()); }

  private:
    [[noreturn]] void live(const GuardedBench& bench, int tells) {
        try {
            if (bench.let_go) bench.let_go();
            Scheduler scheduler;
            Reactor reactor;
            const auto instrument = make_instrument(bench.instrument, {scheduler, 1, &reactor});
            Guard guard(bench_, {});
            guard.start(GUARD_PROGRAM);
            std::vector<SafeAction> actions = instrument->safe_actions();
            actions.insert(actions.end(), bench.more.begin(), bench.more.end());
            guard.arm(actions);
            const Watch::Scope in_driver(Watch::Where::driver);
            bench.drive(*instrument);
            if (::write(tells, "!", 1) != 1) ::_exit(2);
            for (;;) {
                if (bench.way == Way::hangs_in_a_driver) ::pause();
                guard.watch().be(Watch::Where::driver);
                ::usleep(1000);
            }
        } catch (const std::exception& problem) {
            std::fprintf(stderr, "the rig's process: %s\n", problem.what());
        }
        ::_exit(1);
    }

    TestFolder folder_;
    std::filesystem::path bench_ = folder_.write("bench.yaml", "");
    pid_t pid_ = -1;
    std::int64_t on_since_ = 0;
};

}  // namespace bmsrig
