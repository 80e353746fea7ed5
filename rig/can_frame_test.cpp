#include "rig/can_frame.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

TEST(CanFrame, IsWrittenAsTheContractWantsIt) {
    for (const char* text :
         {"000#", "7FF#0102030405060708", "1806E5F4#023C", "00000000#", "1FFFFFFF#FF", "305#R"}) {
        const auto frame = can_frame_from(text);
        ASSERT_TRUE(frame) << text;
        EXPECT_EQ(to_string(*frame), text);
    }
    const CanFrame frame = can_frame_from("1806E5F4#0A0B").value();
    EXPECT_EQ(frame.id, 0x1806E5F4U);
    EXPECT_TRUE(frame.extended);
    EXPECT_FALSE(frame.remote);
    EXPECT_EQ(frame.length, 2);
    EXPECT_EQ(frame.data[1], 0x0B);
    EXPECT_TRUE(can_frame_from("305#R")->remote);
}

TEST(CanFrame, AnyOtherTextIsNone) {
    for (const char* text : {"", "#", "305", "800#", "20000000#", "3G5#", "305#0", "305#0G",
                             "305#r", "305#RR", "305#010203040506070809", "0305#", "305#0a"}) {
        EXPECT_FALSE(can_frame_from(text)) << text;
    }
}

}  // namespace
}  // namespace bmsrig
