#include "drivers/rs485/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "drivers/rs485/golden.h"

namespace bmsrig::rs485 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

/// A decoder that keeps what it found, encoded again.
class Found {
  public:
    Found() = default;
    explicit Found(Time time_of_a_byte) : decoder_(time_of_a_byte) {}

    void receive(std::span<const Byte> bytes, Time now = 0ms) {
        decoder_.received(bytes, now, [this](const Frame& frame) { take(frame); });
    }
    void expire(Time now) {
        decoder_.expire(now, [this](const Frame& frame) { take(frame); });
    }

    std::vector<std::vector<Byte>> frames;
    [[nodiscard]] const Counts& counts() const { return decoder_.counts(); }
    [[nodiscard]] std::optional<Time> due() const { return decoder_.due(); }

  private:
    void take(const Frame& frame) {
        const EncodedFrame encoded = encode(frame);
        frames.emplace_back(encoded.bytes().begin(), encoded.bytes().end());
    }

    Decoder decoder_;
};

std::vector<Byte> join(std::initializer_list<std::vector<Byte>> parts) {
    std::vector<Byte> all;
    for (const std::vector<Byte>& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

TEST(Decoder, FindsEveryGoldenFrame) {
    for (const GoldenFrame& golden_frame : golden_frames()) {
        Decoder decoder;
        int found = 0;
        decoder.received(golden_frame.bytes, 0ms, [&](const Frame& frame) {
            ++found;
            EXPECT_EQ(frame.destination, golden_frame.destination);
            EXPECT_EQ(frame.sender, golden_frame.sender);
            EXPECT_THAT(frame.payload, ElementsAreArray(golden_frame.bytes.data() + 4,
                                                        golden_frame.bytes.size() - 7));
        });
        EXPECT_EQ(found, 1) << golden_frame.text << golden_frame.note;
        EXPECT_EQ(decoder.counts().dropped_bytes, 0U);
    }
}

TEST(Decoder, FindsTheSameFramesHoweverTheBytesAreCut) {
    std::vector<Byte> all;
    std::vector<std::vector<Byte>> expected;
    for (const GoldenFrame& frame : golden_frames()) {
        all.insert(all.end(), frame.bytes.begin(), frame.bytes.end());
        expected.push_back(frame.bytes);
    }
    for (std::size_t piece = 1; piece < 200; ++piece) {
        Found found;
        for (std::size_t at = 0; at < all.size(); at += piece)
            found.receive({all.data() + at, std::min(piece, all.size() - at)});
        EXPECT_EQ(found.frames, expected) << piece;
        EXPECT_EQ(found.counts().dropped_bytes, 0U);
        EXPECT_EQ(found.due(), std::nullopt);
    }
}

TEST(Decoder, RefusesAWrongCrcAndFindsTheNextFrame) {
    const std::vector<Byte> good = golden("CMAX?");
    for (const CrcOrder order : {CrcOrder::low_first, CrcOrder::high_first}) {
        const EncodedFrame frame = encode({1, 0, payload_of("LCD1?")}, order);
        std::vector<Byte> bytes(frame.bytes().begin(), frame.bytes().end());
        if (order == CrcOrder::high_first) bytes[5] ^= 1U;
        Found found;
        found.receive(join({bytes, good}));
        EXPECT_THAT(found.frames, ElementsAre(good));
        EXPECT_EQ(found.counts().bad_crcs, 1U);
        EXPECT_EQ(found.counts().dropped_bytes, bytes.size());
    }
}

TEST(Decoder, RefusesTheWrongCrcsThatOthersGuess) {
    // MODBUS, XMODEM and CCITT-FALSE of 01 00 05 "LCD1?".
    for (const unsigned crc : {0x4D90U, 0x5BA4U, 0x6A9AU}) {
        std::vector<Byte> bytes = golden("LCD1?");
        bytes[9] = static_cast<Byte>(crc >> 8U);
        bytes[10] = static_cast<Byte>(crc & 0xFFU);
        Found found;
        found.receive(bytes);
        EXPECT_THAT(found.frames, IsEmpty());
        EXPECT_EQ(found.counts().bad_crcs, 1U);
    }
}

TEST(Decoder, RefusesAWrongEnd) {
    std::vector<Byte> bytes = golden("LCD1?");
    bytes.back() = 0xAB;
    Found found;
    found.receive(join({bytes, golden("OK")}));
    EXPECT_THAT(found.frames, ElementsAre(golden("OK")));
    EXPECT_EQ(found.counts().bad_ends, 1U);
}

TEST(Decoder, FindsAFrameInsideWhatBeganLikeALongerOne) {
    // 55 .. .. 10: a beginning of 23 bytes, whose last falls into the second frame behind it.
    Found found;
    found.receive(join({{0x55, 1, 0, 0x10}, golden("LCD1?"), golden("CMAX?")}));
    EXPECT_THAT(found.frames, ElementsAre(golden("LCD1?"), golden("CMAX?")));
    EXPECT_EQ(found.counts().dropped_bytes, 4U);
}

TEST(Decoder, DiscardsAPartialFrameAfter20Milliseconds) {
    const std::vector<Byte> frame = golden("LCD1?");
    const std::span<const Byte> bytes = frame;
    Found found;
    found.receive(bytes.first(6), 100ms);
    EXPECT_EQ(found.due(), Time(120ms));
    found.receive(bytes.subspan(6), 120ms);
    EXPECT_THAT(found.frames, IsEmpty());
    EXPECT_EQ(found.counts().timeouts, 1U);
    EXPECT_EQ(found.counts().dropped_bytes, frame.size());

    found.receive(bytes.first(6), 200ms);
    found.receive(bytes.subspan(6), 219ms);
    EXPECT_THAT(found.frames, ElementsAre(frame));
    found.receive({}, 1s);
    EXPECT_EQ(found.counts().timeouts, 1U);
}

TEST(Decoder, LooksIntoAPartialFrameBeforeDiscardingIt) {
    Found found;
    found.receive(join({{0x55, 1, 0, 0x40}, golden("LCD1?")}), 0ms);
    found.expire(19ms);
    EXPECT_THAT(found.frames, IsEmpty());
    found.expire(20ms);
    EXPECT_THAT(found.frames, ElementsAre(golden("LCD1?")));
    EXPECT_EQ(found.counts().dropped_bytes, 4U);
    EXPECT_EQ(found.due(), std::nullopt);
}

TEST(Decoder, KnowsThatALongPieceBeganEarlier) {
    // 79 bytes at 56,000 bit/s take 14 ms, 262 take 47 ms: no gap, though they come as one piece.
    const std::vector<Byte> payload(255, 0x55);
    const EncodedFrame encoded = encode({0, 1, payload});
    Found found(byte_time(56'000));
    found.receive(encoded.bytes().first(1), 0ms);
    found.receive(encoded.bytes().subspan(1), byte_time(56'000) * 261);
    EXPECT_EQ(found.frames.size(), 1U);
    EXPECT_EQ(found.counts().timeouts, 0U);
}

TEST(Decoder, TakesTheTimeOfAByteFromTheBitRate) {
    EXPECT_EQ(byte_time(56'000), 178'571ns);
    EXPECT_EQ(byte_time(115'200), 86'805ns);
    EXPECT_EQ(byte_time(0), 0ns);
}

/// Every frame in a text, found in the plainest way.
std::vector<std::vector<Byte>> plainly(std::span<const Byte> bytes) {
    std::vector<std::vector<Byte>> frames;
    std::size_t at = 0;
    while (at + frame_overhead <= bytes.size()) {
        const std::size_t size = bytes[at + 3] + frame_overhead;
        const bool fits = bytes[at] == 0x55 && at + size <= bytes.size();
        if (fits) {
            const std::span<const Byte> payload = bytes.subspan(at + 4, size - 7);
            const EncodedFrame again = encode({bytes[at + 1], bytes[at + 2], payload});
            if (std::ranges::equal(again.bytes(), bytes.subspan(at, size))) {
                frames.emplace_back(again.bytes().begin(), again.bytes().end());
                at += size;
                continue;
            }
        }
        ++at;
    }
    return frames;
}

TEST(Decoder, FindsWhatThePlainestSearchFindsInGarbage) {
    std::mt19937 random(1);
    const std::vector<GoldenFrame> golden_set = golden_frames();
    for (int round = 0; round < 2000; ++round) {
        std::vector<Byte> bytes;
        for (int part = 0; part < 6; ++part) {
            std::vector<Byte> more = golden_set[random() % golden_set.size()].bytes;
            if (random() % 3 == 0) more[random() % more.size()] ^= 1U << random() % 8;
            if (random() % 4 == 0)
                more.erase(more.begin() + static_cast<int>(random() % more.size()));
            if (random() % 2 == 0) bytes.push_back(random() % 3 == 0 ? 0x55 : random());
            bytes.insert(bytes.end(), more.begin(), more.end());
        }
        Found found;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t piece = std::min<std::size_t>(1 + random() % 40, bytes.size() - at);
            found.receive({bytes.data() + at, piece});
            at += piece;
        }
        found.expire(1s);
        EXPECT_EQ(found.frames, plainly(bytes));
    }
}

}  // namespace
}  // namespace bmsrig::rs485
