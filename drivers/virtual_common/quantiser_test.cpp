#include "drivers/virtual_common/quantiser.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bmsrig {
namespace {

TEST(QuantiserTest, RoundsToNearestInsteadOfCutting) {
    const Quantiser grid(0.1e-3, 0, 5);
    EXPECT_EQ(grid.round(2.79996), 2.8);
    EXPECT_EQ(grid.round(2.80004), 2.8);
    EXPECT_EQ(grid.round(2.80006), 2.8001);
}

TEST(QuantiserTest, GivesTheDoubleThatIsNearestToTheDecimal) {
    const Quantiser grid(0.1e-3, 0, 5);
    for (int steps = 0; steps <= 50000; ++steps) {
        const double exact = steps / 10000.0;
        ASSERT_EQ(grid.round(exact), exact);
    }
}

TEST(QuantiserTest, WorksWithStepsThatAreNoPowerOfTen) {
    const Quantiser sensor(0.0625, -55, 125);
    EXPECT_EQ(sensor.round(25.04), 25.0625);
    EXPECT_EQ(sensor.round(-10.13), -10.125);
    const Quantiser converter(76e-6, 0, 5);
    EXPECT_EQ(converter.round(1), 13158 * 76 / 1e6);
    const Quantiser third(1.0 / 3, 0, 5);
    EXPECT_NEAR(third.round(1.1), 1, 1e-12);
}

TEST(QuantiserTest, RoundsHalvesAwayFromZero) {
    const Quantiser grid(0.5, -10, 10);
    EXPECT_EQ(grid.round(0.25), 0.5);
    EXPECT_EQ(grid.round(-0.25), -0.5);
}

TEST(QuantiserTest, StaysWithinTheEnds) {
    const Quantiser grid(0.3, -1, 1);
    EXPECT_NEAR(grid.round(1), 0.9, 1e-12);
    EXPECT_NEAR(grid.round(-1), -0.9, 1e-12);
    const Quantiser shunt(1e-6, -110e-3, 110e-3);
    EXPECT_EQ(shunt.round(110e-3), 0.11);
    EXPECT_EQ(shunt.round(-110e-3), -0.11);
}

TEST(QuantiserTest, KnowsNoMinusZero) {
    const Quantiser grid(0.1, -1, 1);
    EXPECT_FALSE(std::signbit(grid.round(-0.01)));
}

}  // namespace
}  // namespace bmsrig
