#include "drivers/rs485/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/rs485/crc.h"
#include "drivers/rs485/golden.h"

namespace bmsrig::rs485 {
namespace {

using testing::ElementsAreArray;
using testing::Not;

TEST(Crc, HasTheCheckValueOfArc) {
    EXPECT_EQ(crc16(payload_of("123456789")), 0xBB3D);
    EXPECT_EQ(crc16({}), 0);
}

/// The textbook's algorithm, a bit at a time, of any parameters.
std::uint16_t crc_by_bits(std::span<const Byte> bytes, unsigned polynomial, unsigned initial,
                          bool reflected) {
    unsigned crc = initial;
    for (const Byte byte : bytes) {
        crc ^= reflected ? byte : static_cast<unsigned>(byte) << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            if (reflected) {
                crc = (crc & 1U) != 0 ? crc >> 1U ^ polynomial : crc >> 1U;
            } else {
                crc = (crc & 0x8000U) != 0 ? crc << 1U ^ polynomial : crc << 1U;
            }
        }
    }
    return static_cast<std::uint16_t>(crc);
}

TEST(Crc, OfEveryLengthIsThatOfASingleBitAtATime) {
    std::vector<Byte> bytes;
    unsigned state = 1;
    for (int length = 0; length <= 260; ++length) {
        EXPECT_EQ(crc16(bytes), crc_by_bits(bytes, 0xA001, 0, true)) << length;
        state = state * 1'664'525U + 1'013'904'223U;
        bytes.push_back(static_cast<Byte>(state >> 24U));
    }
}

TEST(Crc, OfRealFramesIsNoOtherCrc16) {
    for (const GoldenFrame& frame : golden_frames()) {
        if (frame.kind == "synthetic") continue;
        const std::size_t size = frame.bytes.size();
        const std::span<const Byte> covered{frame.bytes.data() + 1, size - 4};
        const unsigned sent = frame.bytes[size - 3] << 8U | frame.bytes[size - 2];
        EXPECT_EQ(sent, crc_by_bits(covered, 0xA001, 0, true));
        const unsigned arc = crc16(covered);
        EXPECT_NE(sent, (arc & 0xFFU) << 8U | arc >> 8U) << "low byte first";
        EXPECT_NE(sent, crc_by_bits(covered, 0xA001, 0xFFFF, true)) << "MODBUS";
        EXPECT_NE(sent, crc_by_bits(covered, 0x1021, 0, false)) << "XMODEM";
        EXPECT_NE(sent, crc_by_bits(covered, 0x1021, 0xFFFF, false)) << "CCITT-FALSE";
    }
}

TEST(Encode, GivesEveryGoldenFrame) {
    const std::vector<GoldenFrame> frames = golden_frames();
    ASSERT_GE(frames.size(), 97U);
    for (const GoldenFrame& frame : frames) {
        const std::span<const Byte> payload{frame.bytes.data() + 4, frame.bytes.size() - 7};
        if (!frame.text.empty()) {
            EXPECT_EQ(text_of(payload), frame.text);
        }
        EXPECT_THAT(encode({frame.destination, frame.sender, payload}).bytes(),
                    ElementsAreArray(frame.bytes))
            << frame.text << frame.note;
    }
}

TEST(Encode, WithTheLowByteFirstDiffers) {
    const EncodedFrame frame = encode({1, 0, payload_of("LCD1?")}, CrcOrder::low_first);
    std::vector<Byte> expected = golden("LCD1?");
    EXPECT_THAT(frame.bytes(), Not(ElementsAreArray(expected)));
    std::swap(expected[9], expected[10]);
    EXPECT_THAT(frame.bytes(), ElementsAreArray(expected));
}

TEST(Encode, TakesUpTo255Bytes) {
    const std::vector<Byte> payload(256, 'x');
    EXPECT_EQ(encode({1, 0, {payload.data(), 255}}).bytes().size(), 262U);
    EXPECT_THROW(encode({1, 0, payload}), std::length_error);
    EXPECT_EQ(encode({1, 0, {}}).bytes().size(), 7U);
}

}  // namespace
}  // namespace bmsrig::rs485
