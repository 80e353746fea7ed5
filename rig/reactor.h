// What drivers of real instruments live on: sockets, ports and descriptors on the rig's one thread,
// and the kernel's stamps on the rig's time line. A bench in virtual time has none.
#pragma once

#include <functional>
#include <memory>

#include "rig/time.h"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): as Boost names it
}  // namespace boost::asio

namespace bmsrig {

/// Handlers of everything that is opened on io() run while the rig lets time run, on its thread and
/// never inside one another. What a handler throws reaches the test at the call that lets time run.
class Reactor {
  public:
    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    [[nodiscard]] boost::asio::io_context& io();

    /// The moment on the rig's time line, by the monotonic clock.
    [[nodiscard]] Instant now() const;
    /// Makes the present moment zero. Stamps from before it lie before zero.
    void restart();
    /// A stamp that the kernel took from CLOCK_MONOTONIC, as GPIO edges have.
    [[nodiscard]] Instant at_monotonic(Duration since_boot) const;
    /// A stamp that the kernel took from CLOCK_REALTIME, as CAN frames have. A clock that is set
    /// between the stamp and this call moves the result by as much.
    [[nodiscard]] Instant at_realtime(Duration since_1970) const;

    /// Lets time run, and with it the whole rig, until `done` holds or `timeout` has passed:
    /// whether it holds. How a driver waits for an answer without stalling anybody. Called from a
    /// scheduled event, it runs handlers alone; a handler must not call it.
    bool wait(const std::function<bool()>& done, Duration timeout);
    /// The same while no test runs: handlers alone run, and nothing else of the rig.
    bool wait_alone(const std::function<bool()>& done, Duration timeout);
    /// What lets the whole rig run up to a moment or the first event before it. The rig sets it.
    void set_runner(std::function<void(Instant limit)> runner);

    /// For the clock: runs what is ready, or waits for it until `deadline`, but never longer than
    /// 20 ms, so that somebody looks whether the operator wants to stop. Whether a handler ran.
    bool run_one(Instant deadline);

  private:
    bool wait_until(const std::function<bool()>& done, Instant deadline,
                    const std::function<void(Instant limit)>& run) const;

    struct Parts;  // Boost.Asio's headers stay out of those who only ask for the time
    std::unique_ptr<Parts> parts_;
    Duration origin_{};
    std::function<void(Instant)> runner_;
};

}  // namespace bmsrig
