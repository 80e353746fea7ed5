#include "rig/clock.h"

#include <algorithm>

#include "rig/system_time.h"

namespace bmsrig {

namespace {

class VirtualClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return now_; }
    Woken wait_until(Instant deadline) override {
        now_ = std::max(now_, deadline);
        return Woken::at_deadline;
    }
    void restart() override { now_ = Instant{}; }

  private:
    Instant now_;
};

/// The kernel wakes a waiting thread some microseconds late: the rig has itself woken this much
/// early and looks at the clock for the rest, so that a stimulus is there when it is due. Longer
/// would only heat the processor: on a machine that wakes later than this, it is late by the rest.
constexpr Duration woken_early = std::chrono::microseconds{20};

class RealClock final : public Clock {
  public:
    explicit RealClock(Reactor& reactor) : reactor_(reactor) {}

    [[nodiscard]] Instant now() const override { return reactor_.now(); }

    Woken wait_until(Instant deadline) override {
        const Instant early = deadline - woken_early;
        if (reactor_.run_one(early)) return Woken::by_event;
        Instant present = now();
        if (present < early) return Woken::in_between;
        while (present < deadline) present = now();
        return Woken::at_deadline;
    }

    void restart() override { reactor_.restart(); }

  private:
    Reactor& reactor_;
};

}  // namespace

Duration stopwatch() {
    return read_clock(CLOCK_MONOTONIC);
}

std::unique_ptr<Clock> make_virtual_clock() {
    return std::make_unique<VirtualClock>();
}
std::unique_ptr<Clock> make_real_clock(Reactor& reactor) {
    return std::make_unique<RealClock>(reactor);
}

}  // namespace bmsrig
