#include "drivers/virtual_common/loaded_source.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

TEST(LoadedSourceTest, WithoutLoadShowsItsOpenVoltage) {
    const LoadedSource source{0.01, 1, 1, 0};
    EXPECT_EQ(source.voltage(3.3), 3.3);
    EXPECT_EQ(source.current(3.3), 0);
}

TEST(LoadedSourceTest, DividesItsVoltageWithTheLoad) {
    const LoadedSource source{1, 10, 10, 1.0 / 3};  // 1 ohm inside, 3 ohm outside
    EXPECT_NEAR(source.current(4), 1, 1e-12);
    EXPECT_NEAR(source.voltage(4), 3, 1e-12);
}

TEST(LoadedSourceTest, GivesWayBeyondItsLimits) {
    const LoadedSource source{0, 0.5, 0.25, 0.25};  // 4 ohm: 0.5 A make 2 V, -0.25 A make -1 V
    EXPECT_NEAR(source.voltage(3.6), 2, 1e-12);
    EXPECT_NEAR(source.current(3.6), 0.5, 1e-12);
    EXPECT_NEAR(source.voltage(-3.6), -1, 1e-12);
    EXPECT_NEAR(source.current(-3.6), -0.25, 1e-12);
}

}  // namespace
}  // namespace bmsrig
