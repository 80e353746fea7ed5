#include "drivers/virtual_can_adapter/can_error_counters.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

void repeat(int times, const auto& action) {
    for (int i = 0; i < times; ++i) action();
}

// ISO 11898-1, fault confinement: 8 for each error of a transmitter, passive from 128 on, off the
// bus from 256 on.
TEST(CanErrorCounters, ATransmitterGoesPassiveAndOffTheBus) {
    CanErrorCounters node;
    EXPECT_EQ(node.state(), CanState::error_active);
    repeat(15, [&] { node.transmit_error(); });
    EXPECT_EQ(node.transmit(), 120);
    EXPECT_EQ(node.state(), CanState::error_active);
    node.transmit_error();
    EXPECT_EQ(node.state(), CanState::error_passive);
    repeat(15, [&] { node.transmit_error(); });
    EXPECT_EQ(node.transmit(), 248);
    EXPECT_EQ(node.state(), CanState::error_passive);
    node.transmit_error();
    EXPECT_EQ(node.state(), CanState::bus_off);
}

TEST(CanErrorCounters, FramesThatLeaveHealATransmitter) {
    CanErrorCounters node;
    node.sent();
    EXPECT_EQ(node.transmit(), 0) << "never below";
    repeat(16, [&] { node.transmit_error(); });
    node.sent();
    EXPECT_EQ(node.transmit(), 127);
    EXPECT_EQ(node.state(), CanState::error_active);
}

TEST(CanErrorCounters, ALonelyTransmitterStaysPassive) {
    CanErrorCounters node;
    repeat(1000, [&] { node.unacknowledged(); });
    EXPECT_EQ(node.transmit(), 128);
    EXPECT_EQ(node.state(), CanState::error_passive);
}

TEST(CanErrorCounters, AReceiverGoesPassiveAndNeverOffTheBus) {
    CanErrorCounters node;
    repeat(127, [&] { node.receive_error(); });
    EXPECT_EQ(node.state(), CanState::error_active);
    node.receive_error();
    EXPECT_EQ(node.receive(), 128);
    EXPECT_EQ(node.state(), CanState::error_passive);
    repeat(1000, [&] { node.receive_error(); });
    EXPECT_EQ(node.state(), CanState::error_passive);
    EXPECT_EQ(node.receive(), 255);
    node.received();
    EXPECT_EQ(node.receive(), 127) << "one sound frame brings it back";
    node.received();
    EXPECT_EQ(node.receive(), 126);
}

TEST(CanErrorCounters, WhoComplainsFirstCountsEightMore) {
    CanErrorCounters node;
    node.receive_error();
    node.answered_error_flag();
    EXPECT_EQ(node.receive(), 9);
    repeat(9, [&] { node.received(); });
    EXPECT_EQ(node.receive(), 0);
    node.received();
    EXPECT_EQ(node.receive(), 0) << "never below";
}

TEST(CanErrorCounters, SayHowManyErrorsMakePassive) {
    CanErrorCounters node;
    EXPECT_EQ(node.transmit_errors_to_passive(), 16);
    node.transmit_error();
    EXPECT_EQ(node.transmit_errors_to_passive(), 15);
    node.sent();  // 7
    EXPECT_EQ(node.transmit_errors_to_passive(), 16);
    repeat(15, [&] { node.transmit_error(); });  // 127
    EXPECT_EQ(node.transmit_errors_to_passive(), 1);
    node.transmit_error();
    EXPECT_EQ(node.transmit_errors_to_passive(), 0);
}

}  // namespace
}  // namespace bmsrig
