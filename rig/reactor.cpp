#include "rig/reactor.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <utility>

#include "rig/clock.h"
#include "rig/guard/watch.h"

namespace bmsrig {

namespace {

/// Short enough for the guard: a handler that hangs is known only when the wait should have ended.
constexpr Duration longest_wait = std::chrono::milliseconds{20};

Duration read_clock(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace

struct Reactor::Parts {
    // One thread: Asio needs no locks.
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_alive{
        io.get_executor()};
    boost::asio::steady_timer timer{io};
    bool timer_ran = false;
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
    auto& [io, stays_alive, timer, timer_ran] = *parts_;
    const Watch::Scope in_rig(Watch::Where::rig);
    if (io.poll_one() > 0) return true;
    const Instant present = now();
    if (present >= deadline) return false;
    const Duration wait = std::min(deadline - present, longest_wait);
    const Duration due = wait + (present - Instant{});
    if (Watch* watch = Watch::active()) watch->wait_at_most(wait);
    timer_ran = false;
    timer.expires_at(boost::asio::steady_timer::time_point{origin_ + due});
    timer.async_wait([&timer_ran = timer_ran](const boost::system::error_code& cancelled) {
        if (!cancelled) timer_ran = true;
    });
    io.run_one();
    if (timer_ran) return false;
    // The timer's own handler must not count as an event of the next call.
    timer.cancel();
    io.poll();
    return true;
}

void Reactor::set_runner(std::function<void(Instant limit)> runner) {
    runner_ = std::move(runner);
}

bool Reactor::wait(const std::function<bool()>& done, Duration timeout) {
    const Instant deadline = now() + timeout;
    while (!done()) {
        if (now() >= deadline) return false;
        if (runner_) {
            runner_(deadline);
        } else {
            run_one(deadline);
        }
    }
    return true;
}

}  // namespace bmsrig
