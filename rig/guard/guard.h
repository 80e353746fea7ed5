// The rig's side of the guard: a process of its own that puts the bench in its safe state within
// 100 ms when the rig dies, hangs or is killed.
#pragma once

#include <atomic>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "rig/error.h"
#include "rig/guard/bench_state.h"
#include "rig/guard/message.h"
#include "rig/guard/watch.h"
#include "rig/instruments/safe_action.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// While it is armed the rig's thread must tell its watch where it is; see Watch. Taken away while
/// it is armed, it leaves the bench to the guard, which then makes it safe.
class Guard {
  public:
    /// Keeps others from having the bench for themselves. Throws BenchInUse if somebody has it.
    /// One that is off only marks the bench while it may be unsafe.
    Guard(const std::filesystem::path& bench, const GuardLimits& limits, bool is_on = true);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// Has the bench for itself and starts the process, if that is still to be done. Throws Error
    /// if it cannot be started.
    void start(const std::filesystem::path& program);

    /// Before the first output is switched on: marks the bench as unsafe, and returns when the
    /// guard has taken all actions over, instead of any that it had. Throws InstrumentError if the
    /// guard is gone or refuses; then it keeps those that it had.
    void arm(const std::vector<SafeAction>& actions);
    /// While it is armed: others for the instruments of these actions, whose connections may have
    /// been opened anew; of the others it keeps what it has. Throws InstrumentError if the guard
    /// refuses; that it is gone, check() tells.
    void renew(const std::vector<SafeAction>& actions);
    /// After the bench was made safe, and only then: takes the marker away. Harmless if not armed.
    void disarm();
    [[nodiscard]] bool is_armed() const { return is_armed_; }

    [[nodiscard]] Watch& watch() { return watch_; }
    /// Throws InstrumentError, once, if the guard has died: nobody guards the bench any more.
    void check();
    /// Of the process; -1 before start().
    [[nodiscard]] int pid() const { return pid_; }
    /// What the kernel gave the process: "memory locked, SCHED_FIFO".
    [[nodiscard]] const std::string& means() const { return means_; }
    [[nodiscard]] BenchState& state() { return state_; }

  private:
    void send(std::span<const GuardMessage> messages);
    void hand_over(const std::vector<SafeAction>& actions, bool are_all);
    void mark(const std::vector<SafeAction>& actions);
    std::string await_answer();
    void let_guard_rest();
    void beat();
    [[nodiscard]] std::string how_it_ended() const;
    [[nodiscard]] InstrumentError death() const;

    GuardLimits limits_;
    bool is_on_;
    BenchState state_;
    SharedWatchPage page_;
    Watch watch_;
    link::FileDescriptor socket_;
    link::FileDescriptor stop_beating_;
    std::thread heart_;
    std::string means_;
    int pid_ = -1;
    bool is_armed_ = false;
    bool death_told_ = false;
    std::atomic<bool> is_gone_{false};
};

}  // namespace bmsrig
