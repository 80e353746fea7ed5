#include <gtest/gtest.h>

#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig {
namespace {

TEST(InstrumentWords, CellFaults) {
    EXPECT_EQ(to_string(CellFault::none), "none");
    EXPECT_EQ(to_string(CellFault::open), "open");
    EXPECT_EQ(to_string(CellFault::shorted), "short");
    EXPECT_EQ(to_string(CellFault::reversed), "reversed");
}

TEST(InstrumentWords, SensorFaults) {
    EXPECT_EQ(to_string(SensorFault::none), "none");
    EXPECT_EQ(to_string(SensorFault::absent), "absent");
    EXPECT_EQ(to_string(SensorFault::stuck), "stuck");
}

TEST(InstrumentWords, LinesAndBiases) {
    EXPECT_EQ(to_string(LineLevel::inactive), "inactive");
    EXPECT_EQ(to_string(LineLevel::active), "active");
    EXPECT_EQ(to_string(LineLevel::indeterminate), "indeterminate");
    EXPECT_EQ(to_string(Bias::none), "none");
    EXPECT_EQ(to_string(Bias::down), "down");
    EXPECT_EQ(to_string(Bias::up), "up");
}

}  // namespace
}  // namespace bmsrig
