#include "rig/clock.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace bmsrig {

namespace {

class VirtualClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return now_; }
    bool wait_until(Instant deadline) override {
        now_ = std::max(now_, deadline);
        return true;
    }
    void restart() override { now_ = Instant{}; }

  private:
    Instant now_;
};

Duration monotonic() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

class RealClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return Instant{monotonic() - origin_}; }

    bool wait_until(Instant deadline) override {
        const Duration absolute = deadline.time_since_epoch() + origin_;
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(absolute);
        const timespec t{whole.count(), (absolute - whole).count()};
        // Absolute, so that a wake-up that comes late does not make all later ones late too.
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) == EINTR) return false;
        worst_lateness_ = std::max(worst_lateness_, now() - deadline);
        return true;
    }

    void restart() override {
        origin_ = monotonic();
        worst_lateness_ = Duration::zero();
    }

    [[nodiscard]] Duration worst_lateness() const override { return worst_lateness_; }

  private:
    Duration origin_ = monotonic();
    Duration worst_lateness_{};
};

}  // namespace

Duration stopwatch() {
    return monotonic();
}

std::unique_ptr<Clock> make_virtual_clock() {
    return std::make_unique<VirtualClock>();
}
std::unique_ptr<Clock> make_real_clock() {
    return std::make_unique<RealClock>();
}

}  // namespace bmsrig
