#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/instruments/meter.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

class VirtualMeterTest : public testing::Test {
  protected:
    Made<Meter> make(const Options& options, std::uint64_t seed = 1) {
        return bench_.make<Meter>("virtual_meter", options, seed);
    }
    static void feel(const Made<Meter>& meter, int channel, double value) {
        dynamic_cast<ProbeTerminals&>(*meter.instrument).feel(channel, value);
    }
    Workbench bench_;
};

TEST_F(VirtualMeterTest, HasTheDefaultsOfItsHeader) {
    const auto meter = make({});
    EXPECT_EQ(meter->channels(), 1);
    EXPECT_EQ(meter->accuracy(1), 10e-3);
    EXPECT_EQ(meter->identify().model, "virtual meter");
    EXPECT_TRUE(std::isnan(meter->read(1))) << "nothing stands there at power-on";
}

TEST_F(VirtualMeterTest, EachChannelReadsItsOwnNet) {
    const auto meter = make({{"channels", "2"}, {"accuracy", "0.5 mV"}});
    feel(meter, 1, 12);
    feel(meter, 2, 5);
    EXPECT_NEAR(meter->read(1), 12, 0.5e-3);
    EXPECT_NEAR(meter->read(2), 5, 0.5e-3);
}

TEST_F(VirtualMeterTest, RoundsToItsResolution) {
    const auto meter = make({{"resolution", "0.1 V"}, {"accuracy", "0.05 V"}});
    feel(meter, 1, 12.34);
    EXPECT_DOUBLE_EQ(meter->read(1), 12.3);
}

TEST_F(VirtualMeterTest, ItsErrorIsFixedByTheSeedOfTheBench) {
    const Options coarse{{"accuracy", "1 V"}};
    const auto one = make(coarse, 1);
    const auto same = make(coarse, 1);
    const auto other = make(coarse, 2);
    for (const auto* meter : {&one, &same, &other}) feel(*meter, 1, 10);
    EXPECT_EQ(one->read(1), same->read(1));
    EXPECT_NE(one->read(1), other->read(1));
    EXPECT_NE(one->read(1), 10);
}

TEST_F(VirtualMeterTest, NoiseStartsAnewWithTheTest) {
    const auto meter = make({{"accuracy", "1 V"}, {"noise", "100 mV"}});
    const auto readings = [&](std::uint64_t seed) {
        meter.instrument->restart(seed);
        feel(meter, 1, 10);
        std::vector<double> values;
        for (int i = 0; i < 20; ++i) values.push_back(meter->read(1));
        return values;
    };
    const auto first = readings(5);
    EXPECT_GT(std::set(first.begin(), first.end()).size(), 10U);
    EXPECT_EQ(readings(5), first);
    EXPECT_NE(readings(6), first);
}

TEST_F(VirtualMeterTest, TakesItsOptionsInItsOwnUnit) {
    const auto ammeter = make({{"unit", "A"}, {"accuracy", "0.5 A"}});
    EXPECT_EQ(ammeter->accuracy(1), 0.5);
    const auto refusal = [&](const Options& options) {
        return text_of<InputError>([&] { make(options); });
    };
    EXPECT_THAT(refusal({{"unit", "A"}, {"accuracy", "1 V"}}), HasSubstr("bench.yaml:12"));
    EXPECT_THAT(refusal({{"unit", "W"}}), HasSubstr("expected V, A, ohm, degC or ratio"));
    EXPECT_THAT(refusal({{"noise", "5 mV"}}),
                HasSubstr("accuracy 0.01 V cannot be kept: half the resolution and 4 times the "
                          "noise are 0.0205 V already"));
}

}  // namespace
}  // namespace bmsrig
