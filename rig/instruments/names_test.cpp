#include <gtest/gtest.h>

#include "rig/instruments/can_adapter.h"
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

TEST(InstrumentWords, CanBuses) {
    EXPECT_EQ(to_string(CanError::none), "none");
    EXPECT_EQ(to_string(CanError::coding), "coding");
    EXPECT_EQ(to_string(CanError::acknowledge), "acknowledge");
    EXPECT_EQ(to_string(CanError::bit), "bit");
    EXPECT_EQ(to_string(CanState::error_active), "error_active");
    EXPECT_EQ(to_string(CanState::error_passive), "error_passive");
    EXPECT_EQ(to_string(CanState::bus_off), "bus_off");
    EXPECT_EQ(to_string(CanFault::none), "none");
    EXPECT_EQ(to_string(CanFault::short_circuit), "short");
    EXPECT_EQ(to_string(CanFault::open), "open");
}

}  // namespace
}  // namespace bmsrig
