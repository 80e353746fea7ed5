// What every meter must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/served.h"
#include "rig/instruments/meter.h"

namespace bmsrig {
namespace {

class MeterContract : public DriverContract {
  protected:
    Meter& meter() { return as<Meter>(); }
};

TEST_P(MeterContract, KnowsItsAccuracy) {
    for (int channel = 1; channel <= meter().channels(); ++channel) {
        EXPECT_GT(meter().accuracy(channel), 0);
        EXPECT_TRUE(std::isfinite(meter().accuracy(channel)));
    }
}

TEST_P(MeterContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, meter().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { meter().read(channel); }, named);
        expect_refused([&] { static_cast<void>(meter().accuracy(channel)); }, named);
    }
}

TEST_P(MeterContract, ReadsWhatStandsThereWithinItsAccuracy) {
    auto* probe = dynamic_cast<ProbeTerminals*>(instrument_.get());
    if (probe == nullptr) GTEST_SKIP() << "a real meter reads what a bench puts there";
    for (const double value : {-12.5, 0.0, 3.3, 48.0}) {
        probe->feel(1, value);
        for (int i = 0; i < 100; ++i) EXPECT_NEAR(meter().read(1), value, meter().accuracy(1));
    }
    probe->feel(1, nan);
    EXPECT_TRUE(std::isnan(meter().read(1)));
}

INSTANTIATE_TEST_SUITE_P(Drivers, MeterContract,
                         testing::Values(DriverCase{"virtual_meter", {{"noise", "2 mV"}}},
                                         served("scpi_meter", "virtual_meter",
                                                {{"accuracy", "5 mV"}})),
                         case_name);

}  // namespace
}  // namespace bmsrig
