#include "drivers/can/bit_rate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// The interface of CAN adapters: 10,000 to 1,000,000 bit/s, or 0 for that of whoever speaks.
TEST(CanBitRate, IsOneOfThoseThatCanHas) {
    for (const std::uint32_t rate : {0U, 10'000U, 250'000U, 1'000'000U}) {
        EXPECT_NO_THROW(check_can_bit_rate("can", 2, rate)) << rate;
    }
    for (const std::uint32_t rate : {1U, 9'999U, 1'000'001U, 4'294'967'295U}) {
        EXPECT_THAT([&] { check_can_bit_rate("can", 2, rate); },
                    ThrowsMessage<RatingError>(
                        HasSubstr("instrument \"can\", channel 2: cannot work at " +
                                  std::to_string(rate) + " bit/s; expected 10000 .. 1000000")));
    }
}

TEST(CanBitRate, OfABenchFileIsRefusedWithItsLine) {
    InstrumentSpec spec;
    spec.file = "bench.yaml";
    EXPECT_EQ(take_can_bit_rate(spec, 125'000, "that of the UUT"), 125'000U);
    spec.options = {{"interfaces", "can0", 11}, {"bit_rate", "500000", 12}};
    EXPECT_EQ(take_can_bit_rate(spec, 125'000, "that of the UUT"), 500'000U);
    for (const char* wrong : {"1", "9999", "1000001"}) {
        spec.options[1].text = wrong;
        EXPECT_THAT([&] { take_can_bit_rate(spec, 0, "that of the UUT"); },
                    ThrowsMessage<InputError>(
                        testing::AllOf(HasSubstr("bench.yaml:12: "), HasSubstr(wrong))));
    }
    spec.options[1].text = "0";
    EXPECT_EQ(take_can_bit_rate(spec, 125'000, "that of the UUT"), 0U);
}

}  // namespace
}  // namespace bmsrig
