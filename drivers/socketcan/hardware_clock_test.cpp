#include "drivers/socketcan/hardware_clock.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

// The adapter was plugged in an hour before; its frames take 200 us to the computer, sometimes
// more.
TEST(HardwareClock, TakesAwayWhatTheComputerAddsToTheTime) {
    HardwareClock clock;
    EXPECT_EQ(clock.on_kernel_clock(1s, 3600s + 1s + 200us), 3601s + 200us);
    const Duration late = clock.on_kernel_clock(1s + 100ms, 3601s + 100ms + 5ms);
    EXPECT_NEAR(to_seconds(late - (3601s + 100ms + 200us)), 0, 20e-6 + 1e-9) << "5 ms late";
    EXPECT_EQ(clock.on_kernel_clock(1s + 200ms, 3601s + 200ms + 150us), 3601s + 200ms + 150us)
        << "a shorter way is nearer to the truth";
}

// 100 ppm fast for 1000 s: 100 ms ahead, were it not followed.
TEST(HardwareClock, FollowsAClockThatRunsFast) {
    HardwareClock clock;
    Duration time{};
    for (int i = 0; i <= 1000; ++i) {
        const Duration truth = i * 1s;
        time = clock.on_kernel_clock(truth + truth / 10'000, truth + 200us);
        EXPECT_LE(time, truth + 200us) << "no frame comes after the kernel has seen it";
        EXPECT_GE(time, truth - 1ms);
    }
}

// 100 ppm slow: the way seems to grow, and is believed at 200 ppm.
TEST(HardwareClock, FollowsAClockThatRunsSlow) {
    HardwareClock clock;
    for (int i = 0; i <= 1000; ++i) {
        const Duration truth = i * 1s;
        const Duration time = clock.on_kernel_clock(truth - truth / 10'000, truth + 200us);
        EXPECT_LE(time, truth + 200us);
        EXPECT_GE(time, truth - 1ms);
    }
}

}  // namespace
}  // namespace bmsrig
