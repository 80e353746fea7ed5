#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;

constexpr auto driver = "virtual_power_supply";

TEST(VirtualPowerSupplyTest, HasTheDefaultsOfItsHeader) {
    Workbench bench;
    const auto supply = bench.make<PowerSupply>(driver, {});
    EXPECT_EQ(supply->channels(), 1);
    EXPECT_EQ(supply->minimum().value(), 0);
    EXPECT_EQ(supply->maximum().value(), 80);
    EXPECT_EQ(supply->resolution().value(), 0.01);
    EXPECT_EQ(supply->accuracy().value(), 0.02);
    EXPECT_EQ(supply->identify().model, "virtual power supply");
}

TEST(VirtualPowerSupplyTest, RisesFromZeroWheneverItIsSwitchedOn) {
    Workbench bench;
    const auto supply = bench.make<PowerSupply>(
        driver,
        {{"slew_per_second", "100 V"}, {"settling_time", "0 s"}, {"update_interval", "10 ms"}});
    supply->set_voltage(1, volts(12));
    EXPECT_NEAR(supply.terminal(1), 0, 0.02);
    bench.run_for(milliseconds{50});
    EXPECT_NEAR(supply.terminal(1), 5, 0.02);
    EXPECT_EQ(supply->settled_at(), Instant{milliseconds{120}});
    bench.settle(supply);
    EXPECT_NEAR(supply.terminal(1), 12, 0.02);

    supply->set_output(1, false);
    EXPECT_TRUE(std::isnan(supply.terminal(1)));
    supply->set_output(1, true);
    EXPECT_NEAR(supply.terminal(1), 0, 0.02);
    bench.settle(supply);
    EXPECT_NEAR(supply.terminal(1), 12, 0.02);
}

TEST(VirtualPowerSupplyTest, SwitchedOnAfterMakeSafeGivesZero) {
    Workbench bench;
    const auto supply = bench.make<PowerSupply>(driver, {});
    supply->set_voltage(1, volts(48));
    bench.settle(supply);
    supply->make_safe();
    supply->set_output(1, true);
    bench.settle(supply);
    EXPECT_NEAR(supply.terminal(1), 0, 0.02);
}

TEST(VirtualPowerSupplyTest, GivesWayBeyondItsCurrentLimit) {
    Workbench bench;
    const auto supply = bench.make<PowerSupply>(driver, {{"current_limit", "2 A"}});
    supply->set_voltage(1, volts(48));
    bench.settle(supply);
    supply.source().set_load(1, 1.0 / 25);  // 48 V in 25 ohm: 1.92 A
    EXPECT_NEAR(supply.terminal(1), 48 * 25 / 25.01, 0.02);
    supply.source().set_load(1, 1.0 / 10);
    EXPECT_NEAR(supply.terminal(1), 20, 1e-9);
    EXPECT_THROW(supply.source().set_load(1, -1), Error);

    bench.scheduler.restart();
    supply->restart(1);
    supply->set_voltage(1, volts(48));
    bench.settle(supply);
    EXPECT_NEAR(supply.terminal(1), 48, 0.02);
}

}  // namespace
}  // namespace bmsrig
