#include "drivers/virtual_serial_adapter/uart.h"

#include <gmock/gmock.h>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> all_bytes() {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
}

void expect_all(std::uint32_t sent_at, std::uint32_t sampled_at) {
    const auto sent = all_bytes();
    const auto sampled = sample_bytes(sent, sent_at, sampled_at);
    ASSERT_EQ(sampled.size(), sent.size()) << sampled_at;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(sampled[i].byte, sent[i]) << sampled_at;
        EXPECT_TRUE(sampled[i].has_stop_bit);
    }
}

TEST(Uart, AtTheSenderSRateEveryByteArrives) {
    for (const std::uint32_t rate : {300U, 56'000U, 115'200U, 1'000'000U}) expect_all(rate, rate);
}

// Half a bit over the nine and a half to the stop bit: about 5 %. 57,600 instead of 56,000 bit/s is
// 2.9 %.
TEST(Uart, ASmallDifferenceIsForgiven) {
    expect_all(56'000, 57'600);
    expect_all(56'000, 54'400);
}

TEST(Uart, AByteTakesTenBits) {
    const std::uint8_t bytes[] = {0x55, 0x01};
    const auto sampled = sample_bytes(bytes, 10'000, 10'000);
    ASSERT_EQ(sampled.size(), 2);
    EXPECT_EQ(sampled[0].after, 1ms);
    EXPECT_EQ(sampled[1].after, 2ms);
}

// At twice the rate each bit is seen twice: 0x55 goes out as start 0, then 1 0 1 0 1 0 1 0, stop 1.
// The receiver reads start 0 (of the first half), 0 1 1 0 0 1 1 0 (least first: 0x66), and as stop
// the second 0 of a pair.
TEST(Uart, AtAnotherRateItSeesSomethingElse) {
    const std::uint8_t bytes[] = {0x55};
    const auto sampled = sample_bytes(bytes, 56'000, 112'000);
    ASSERT_FALSE(sampled.empty());
    EXPECT_EQ(sampled[0].byte, 0x66);
    EXPECT_FALSE(sampled[0].has_stop_bit);
}

TEST(Uart, NothingSentIsNothingSeen) {
    EXPECT_TRUE(sample_bytes({}, 56'000, 115'200).empty());
}

}  // namespace
}  // namespace bmsrig
