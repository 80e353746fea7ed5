#include "rig/reactor.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "rig/clock.h"
#include "rig/guard/watch.h"
#include "rig/system_time.h"

namespace bmsrig {

namespace {

/// Short enough for the guard: a handler that hangs is known only when the wait should have ended.
constexpr Duration longest_wait = std::chrono::milliseconds{20};

}  // namespace

struct Reactor::Parts {
    // One thread: Asio needs no locks (and has no asynchronous resolver, which needs a thread).
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_alive{
        io.get_executor()};
    boost::asio::steady_timer timer{io};
    /// When it rings, by CLOCK_MONOTONIC; nothing while it is not set. It stays set while handlers
    /// run: setting it takes longer than most of them.
    std::optional<Duration> rings;
    bool timer_ran = false;  // its handler, which is nobody's event

    void set_timer(Duration when) {
        rings = when;
        timer.expires_at(boost::asio::steady_timer::time_point{when});
        timer.async_wait([this](const boost::system::error_code& replaced) {
            timer_ran = true;
            if (!replaced) rings.reset();
        });
    }
    /// What `run` ran: something else than the timer.
    template <typename Run>
    bool ran_handler(const Run& run) {
        timer_ran = false;
        return run() > 0 && !timer_ran;
    }
};

Reactor::Reactor() : parts_(std::make_unique<Parts>()), origin_(read_clock(CLOCK_MONOTONIC)) {}
Reactor::~Reactor() = default;

boost::asio::io_context& Reactor::io() {
    return parts_->io;
}

Instant Reactor::now() const {
    return at_monotonic(read_clock(CLOCK_MONOTONIC));
}

void Reactor::restart() {
    origin_ = read_clock(CLOCK_MONOTONIC);
}

Instant Reactor::at_monotonic(Duration since_boot) const {
    return Instant{since_boot - origin_};
}

Instant Reactor::at_realtime(Duration since_1970) const {
    const Duration age = read_clock(CLOCK_REALTIME) - since_1970;
    return at_monotonic(read_clock(CLOCK_MONOTONIC) - age);
}

bool Reactor::run_one(Instant deadline) {
    Parts& parts = *parts_;
    const Watch::Scope in_rig(Watch::Where::rig);
    const Instant present = now();
    if (present >= deadline) return parts.ran_handler([&parts] { return parts.io.poll_one(); });
    const Duration wait = std::min(deadline - present, longest_wait);
    const Duration due = origin_ + wait + (present - Instant{});
    if (Watch* watch = Watch::active()) watch->wait_at_most(wait);
    // One that rings earlier is as good: whoever waits looks at the clock.
    if (!parts.rings || *parts.rings > due) parts.set_timer(due);
    while (parts.rings) {
        if (parts.ran_handler([&parts] { return parts.io.run_one(); })) return true;
    }
    return false;
}

void Reactor::set_runner(std::function<void(Instant limit)> runner) {
    runner_ = std::move(runner);
}

bool Reactor::wait(const std::function<bool()>& done, Duration timeout) {
    if (!runner_) return wait_alone(done, timeout);
    return wait_until(done, now() + timeout, runner_);
}

bool Reactor::wait_alone(const std::function<bool()>& done, Duration timeout) {
    return wait_until(done, now() + timeout, [this](Instant limit) { run_one(limit); });
}

/// Lets time run at least once, also when there is none left.
bool Reactor::wait_until(const std::function<bool()>& done, Instant deadline,
                         const std::function<void(Instant)>& run) const {
    if (done()) return true;
    do {
        run(deadline);
    } while (!done() && now() < deadline);
    return done();
}

}  // namespace bmsrig
