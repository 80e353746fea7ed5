#include "drivers/socketcan/error_frame.h"

#include <gtest/gtest.h>
#include <linux/can/error.h>

#include <vector>

namespace bmsrig {
namespace {

can_frame raw_frame(std::uint32_t classes, const std::vector<std::uint8_t>& data) {
    can_frame raw{};
    raw.can_id = CAN_ERR_FLAG | classes;
    raw.len = CAN_ERR_DLC;
    std::ranges::copy(data, std::span(raw.data).begin());
    return raw;
}

// The numbers are those of linux/can/error.h, spelled out.
TEST(ErrorFrame, TellsWhatSpoiledAFrame) {
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x04})).error, CanError::coding)
        << "stuff bit";
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x02})).error, CanError::coding) << "form";
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x00, 0x08})).error, CanError::coding)
        << "checksum";
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x88})).error, CanError::bit);
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x90})).error, CanError::bit);
    EXPECT_EQ(read_error_frame(raw_frame(0x80, {})).error, CanError::coding) << "unspecified";
    EXPECT_EQ(read_error_frame(raw_frame(0x20, {})).error, CanError::acknowledge);
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x80, 0x19})).error, CanError::acknowledge);
    EXPECT_EQ(read_error_frame(raw_frame(0x2, {11})).error, CanError::none) << "lost arbitration";
}

TEST(ErrorFrame, TellsWhoseFrameItWas) {
    EXPECT_TRUE(read_error_frame(raw_frame(0x20, {})).is_own);
    EXPECT_TRUE(read_error_frame(raw_frame(0x8, {0, 0, 0x81})).is_own);
    EXPECT_FALSE(read_error_frame(raw_frame(0x8, {0, 0, 0x01})).is_own);
    EXPECT_FALSE(read_error_frame(raw_frame(0x8, {0, 0, 0x00, 0x19})).is_own);
}

TEST(ErrorFrame, TellsTheStateOfTheController) {
    EXPECT_EQ(read_error_frame(raw_frame(0x40, {})).state, CanState::bus_off);
    EXPECT_EQ(read_error_frame(raw_frame(0x44, {0, 0x20})).state, CanState::bus_off)
        << "it was error passive on its way there";
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x10})).state, CanState::error_passive);
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x20})).state, CanState::error_passive);
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x08})).state, CanState::error_active)
        << "a warning";
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x40})).state, CanState::error_active);
    EXPECT_EQ(read_error_frame(raw_frame(0x100, {})).state, CanState::error_active) << "restarted";
    EXPECT_EQ(read_error_frame(raw_frame(0x8, {0, 0, 0x04})).state, std::nullopt);
    EXPECT_TRUE(read_error_frame(raw_frame(0x4, {0, 0x01})).has_overflown);
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x01})).state, std::nullopt);
}

TEST(ErrorFrame, TellsTheErrorCounters) {
    const CanErrorReport told = read_error_frame(raw_frame(0x204, {0, 0x20, 0, 0, 0, 0, 136, 7}));
    EXPECT_TRUE(told.has_counters);
    EXPECT_EQ(told.transmit_errors, 136);
    EXPECT_EQ(told.receive_errors, 7);
    EXPECT_TRUE(read_error_frame(raw_frame(0x200, {})).has_counters) << "both are 0";
    EXPECT_FALSE(read_error_frame(raw_frame(0x4, {0, 0x20})).has_counters);
    // Drivers older than CAN_ERR_CNT (Linux 6.0) have them in the same place.
    EXPECT_EQ(read_error_frame(raw_frame(0x4, {0, 0x20, 0, 0, 0, 0, 136, 0})).transmit_errors, 136);
    EXPECT_TRUE(read_error_frame(raw_frame(0x4, {0, 0x20, 0, 0, 0, 0, 136, 0})).has_counters);
    EXPECT_TRUE(read_error_frame(raw_frame(0x4, {0, 0x10, 0, 0, 0, 0, 0, 130})).has_counters);
}

// What a bridge writes, an adapter reads.
TEST(ErrorFrame, IsReadAsItWasWritten) {
    for (const CanError error :
         {CanError::none, CanError::coding, CanError::acknowledge, CanError::bit}) {
        for (const bool own : {false, true}) {
            for (const auto state :
                 {std::optional<CanState>{}, std::optional{CanState::bus_off},
                  std::optional{CanState::error_passive}, std::optional{CanState::error_active}}) {
                CanErrorReport written;
                written.error = error;
                written.is_own = own && error != CanError::none;
                written.state = state;
                written.has_counters = true;
                written.transmit_errors = 300;
                written.receive_errors = 9;
                const CanErrorReport read = read_error_frame(error_frame(written));
                EXPECT_EQ(read.error, error);
                EXPECT_EQ(read.is_own, written.is_own);
                EXPECT_EQ(read.state, state);
                EXPECT_EQ(read.transmit_errors, 255) << "a byte has no room for more";
                EXPECT_EQ(read.receive_errors, 9);
            }
        }
    }
}

}  // namespace
}  // namespace bmsrig
