#include "drivers/virtual_can_adapter/frame_length.h"

#include <gtest/gtest.h>

#include <random>

namespace bmsrig {
namespace {

// Counted with a second implementation: the checksum by long division, stuffing on the text of the
// bits.
TEST(CanFrameLength, CountsEveryBit) {
    const std::pair<const char*, int> frames[] = {{"031#8EC414C0FD940000", 118},
                                                  {"7FF#R", 50},
                                                  {"000#0000000000000000", 127},
                                                  {"1806E5F4#023C025800000000", 143},
                                                  {"555#AAAAAAAAAAAAAAAA", 112},
                                                  {"1FFFFFFF#FFFFFFFFFFFFFFFF", 149},
                                                  {"305#", 50}};
    for (const auto& [text, bits] : frames) {
        EXPECT_EQ(frame_bits(can_frame_from(text).value()), bits) << text;
    }
}

// 47 or 67 bits without data; at most one stuff bit for every four after the first of those that
// are stuffed.
TEST(CanFrameLength, LiesBetweenNoStuffingAndTheWorst) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        CanFrame frame;
        frame.extended = random() % 2 == 0;
        frame.id = static_cast<std::uint32_t>(random()) & (frame.extended ? 0x1FFFFFFFU : 0x7FFU);
        frame.length = static_cast<std::uint8_t>(random() % 9);
        for (std::size_t byte = 0; byte < frame.length; ++byte) {
            frame.data.at(byte) = random() % 3 == 0 ? 0 : static_cast<std::uint8_t>(random());
        }
        const int stuffed = (frame.extended ? 54 : 34) + 8 * frame.length;
        const int least = (frame.extended ? 67 : 47) + 8 * frame.length;
        EXPECT_GE(frame_bits(frame), least) << to_string(frame);
        EXPECT_LE(frame_bits(frame), least + (stuffed - 1) / 4) << to_string(frame);
    }
}

}  // namespace
}  // namespace bmsrig
