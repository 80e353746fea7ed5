#include "drivers/virtual_common/analog_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const Options& options) {
    Workbench bench;
    return text_of<InputError>([&] { bench.make<Instrument>("virtual_cell_simulator", options); });
}

TEST(AnalogOptionsTest, MinimumMustBeBelowMaximum) {
    EXPECT_THAT(refusal({{"minimum", "3 V"}, {"maximum", "3 V"}}),
                testing::AllOf(StartsWith("bench.yaml:10: "), HasSubstr("\"unit\""),
                               HasSubstr("minimum 3 V is not below maximum 3 V")));
}

TEST(AnalogOptionsTest, AccuracyMustHoldRoundingAndNoise) {
    EXPECT_THAT(
        refusal({{"accuracy", "0.1 mV"}, {"noise", "30 uV"}}),
        HasSubstr("cannot be kept: half the resolution and 4 times the noise are 0.00017 V"));
    EXPECT_EQ(refusal({{"accuracy", "0.2 mV"}, {"noise", "30 uV"}}), "");
}

TEST(AnalogOptionsTest, ResolutionMustFitTheRange) {
    EXPECT_THAT(refusal({{"minimum", "1 V"}, {"maximum", "1.1 V"}, {"resolution", "0.5 V"}}),
                HasSubstr("resolution 0.5 V is more than the range"));
}

TEST(AnalogOptionsTest, NoiseMustNotFloodTheScheduler) {
    EXPECT_THAT(refusal({{"noise_interval", "10 ns"}}), HasSubstr("noise_interval"));
}

TEST(AnalogOptionsTest, ARampMustEndWithinADay) {
    EXPECT_THAT(refusal({{"slew_per_second", "1 uV"}}), HasSubstr("slew_per_second"));
    EXPECT_EQ(refusal({{"slew_per_second", "0 V"}}), "");
}

TEST(AnalogOptionsTest, AWrongUnitAndAnUnknownOptionNameTheirLine) {
    EXPECT_THAT(refusal({{"channels", "4"}, {"resolution", "1 A"}}), StartsWith("bench.yaml:12: "));
    EXPECT_THAT(refusal({{"channels", "4"}, {"colour", "red"}}),
                testing::AllOf(StartsWith("bench.yaml:12: "), HasSubstr("colour")));
    EXPECT_THAT(refusal({{"channels", "65"}}), StartsWith("bench.yaml:11: "));
}

}  // namespace
}  // namespace bmsrig
