#include "drivers/virtual_common/approach.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bmsrig {
namespace {

constexpr Instant start = instant_from_ns(1'000'000'000);
Instant after(double seconds) {
    return start + duration_from_seconds(seconds);
}

TEST(ApproachTest, StandsStillAtAValue) {
    const Approach still(3.3);
    EXPECT_EQ(still.at(Instant{}), 3.3);
    EXPECT_EQ(still.at(start), 3.3);
    EXPECT_EQ(still.done(), Instant{});
}

TEST(ApproachTest, WithoutSlewAndTimeConstantIsThereAtOnce) {
    const Approach jump(start, 0, 5, 0, 0, 1e-4);
    EXPECT_EQ(jump.done(), start);
    EXPECT_EQ(jump.at(start), 5);
}

TEST(ApproachTest, MovesStraightWithTheSlewRate) {
    const Approach ramp(start, 1, 3, 10, 0, 1e-4);  // 2 V at 10 V/s
    EXPECT_EQ(ramp.done(), after(0.2));
    EXPECT_EQ(ramp.at(start), 1);
    EXPECT_NEAR(ramp.at(after(0.05)), 1.5, 1e-9);
    EXPECT_NEAR(ramp.at(after(0.1)), 2, 1e-9);
    EXPECT_EQ(ramp.at(after(0.2)), 3);
    const Approach down(start, 3, 1, 10, 0, 1e-4);
    EXPECT_NEAR(down.at(after(0.05)), 2.5, 1e-9);
}

TEST(ApproachTest, SettlesAsAFirstOrderSystem) {
    const Approach settling(start, 0, 1, 0, 0.01, 1e-3);
    EXPECT_NEAR(settling.at(after(0.01)), 1 - std::exp(-1), 1e-9);
    EXPECT_NEAR(settling.at(after(0.03)), 1 - std::exp(-3), 1e-9);
    // Within 1e-3 after ln(1000) time constants.
    EXPECT_NEAR(to_seconds(settling.done() - start), 0.01 * std::log(1000), 1e-8);
    EXPECT_EQ(settling.at(settling.done()), 1);
    EXPECT_NE(settling.at(settling.done() - Duration{1}), 1);
}

TEST(ApproachTest, TheSlewRateGivesWayToSettlingWithoutAKink) {
    // 10 V at 100 V/s; with 10 ms the system would be slower than that within the last 1 V.
    const Approach both(start, 0, 10, 100, 0.01, 1e-3);
    EXPECT_NEAR(both.at(after(0.05)), 5, 1e-9);
    EXPECT_NEAR(both.at(after(0.09)), 9, 1e-9);
    EXPECT_NEAR(both.at(after(0.1)), 10 - std::exp(-1), 1e-9);
    EXPECT_NEAR(to_seconds(both.done() - start), 0.09 + 0.01 * std::log(1 / 1e-3), 1e-8);
}

TEST(ApproachTest, ADistanceWithinTheToleranceIsNoMove) {
    const Approach near(start, 1, 1.00004, 0, 0.01, 5e-5);
    EXPECT_EQ(near.done(), start);
    EXPECT_EQ(near.at(start), 1.00004);
}

}  // namespace
}  // namespace bmsrig
