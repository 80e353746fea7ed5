#include "rig/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

std::vector<double> offsets_of(std::uint64_t seed, Duration time) {
    Scheduler scheduler;
    std::vector<double> offsets;
    const Noise noise(scheduler, RandomSource(seed, "cell.1", 1, "noise"), 0.002, 100ms,
                      [&](double offset) { offsets.push_back(offset); });
    scheduler.run_until(Instant{time});
    return offsets;
}

TEST(Noise, DrawsAtOnceAndThenAtEveryInterval) {
    EXPECT_EQ(offsets_of(1, 0s).size(), 1U);
    EXPECT_EQ(offsets_of(1, 1s).size(), 11U);
}

TEST(Noise, HasItsDeviationAndStaysWithinItsBound) {
    const auto offsets = offsets_of(1, 1000s);
    double sum = 0;
    double squares = 0;
    for (const double offset : offsets) {
        EXPECT_LE(std::abs(offset), 0.008);
        sum += offset;
        squares += offset * offset;
    }
    const auto count = static_cast<double>(offsets.size());
    EXPECT_NEAR(sum / count, 0, 0.0001);
    EXPECT_NEAR(std::sqrt(squares / count), 0.002, 0.0001);
}

TEST(Noise, IsDecidedByItsSeed) {
    EXPECT_EQ(offsets_of(7, 10s), offsets_of(7, 10s));
    EXPECT_NE(offsets_of(7, 10s), offsets_of(8, 10s));
}

TEST(Noise, EndsWithTheObject) {
    Scheduler scheduler;
    {
        const Noise noise(scheduler, RandomSource(1, "a", 1, "noise"), 1, 1s, [](double) {});
        EXPECT_TRUE(scheduler.next_due());
        EXPECT_EQ(noise.bound(), 4);
    }
    EXPECT_FALSE(scheduler.next_due());
}

}  // namespace
}  // namespace bmsrig
