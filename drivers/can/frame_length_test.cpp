#include "drivers/can/frame_length.h"

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
                                                  {"305#", 50},
                                                  {"18FF50E5#0000000000000000", 147},
                                                  {"18FF50E5#R", 70},
                                                  {"1FFFFFFF#R", 74},
                                                  // stuff bits that begin runs of their own
                                                  {"078#3C3C3C3C3C3C3C3C", 131}};
    for (const auto& [text, bits] : frames) {
        EXPECT_EQ(frame_bits(can_frame_from(text).value()), bits) << text;
    }
}

// By hand: 19 bits of 0 up to the data, whose checksum is 15 bits of 0; after each five of these 34
// goes a 1, six times; 13 bits follow that are not stuffed.
TEST(CanFrameLength, OfTheFrameOfZerosIsKnownWithoutAProgram) {
    EXPECT_EQ(frame_bits(can_frame_from("000#").value()), 19 + 15 + 6 + 13);
}

// A remote frame has the length of the data that it asks for, and no data.
TEST(CanFrameLength, ARemoteFrameOfEightBytesHasNone) {
    CanFrame frame = can_frame_from("123#R").value();
    frame.length = 8;
    frame.data.fill(0xA5);
    EXPECT_LT(frame_bits(frame), 47 + 9) << "34 bits take 8 stuff bits at the most";
}

// By hand: start, identifier and control field are 0 01100000[1]101 0 0 0 0 0[1]01, the stuff bits
// in brackets: 21 bits.
TEST(CanFrameLength, TwoFramesPartAtTheFirstDifferentBit) {
    const auto parted = [](const char* one, const char* other) {
        return bits_to_difference(can_frame_from(one).value(), can_frame_from(other).value());
    };
    EXPECT_EQ(parted("305#00", "305#80"), 22);
    EXPECT_EQ(parted("305#80", "305#00"), 22);
    EXPECT_EQ(parted("305#00", "305#0000"), 20) << "the third bit of the length";
    EXPECT_EQ(parted("305#", "505#"), 2);
}

// ISO 11898-1: a data frame before the remote frame of its identifier, a standard frame before all
// extended ones that begin like it.
TEST(CanFrameLength, ArbitrationGoesByTheFieldAsItIsSent) {
    const char* order[] = {"0FF#", "100#",  "100#R", "04000000#", "04000000#R", "0403FFFF#R",
                           "101#", "7FE#R", "7FF#",  "7FF#R",     "1FFC0000#",  "1FFFFFFF#R"};
    for (std::size_t i = 1; i < std::size(order); ++i) {
        EXPECT_LT(arbitration_field(can_frame_from(order[i - 1]).value()),
                  arbitration_field(can_frame_from(order[i]).value()))
            << order[i - 1] << " before " << order[i];
    }
    EXPECT_EQ(arbitration_field(can_frame_from("100#00").value()),
              arbitration_field(can_frame_from("100#FFFF").value()));
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
