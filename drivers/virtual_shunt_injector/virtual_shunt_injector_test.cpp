#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {
namespace {

constexpr auto driver = "virtual_shunt_injector";

TEST(VirtualShuntInjectorTest, HasTheDefaultsOfItsHeader) {
    Workbench bench;
    const auto shunt = bench.make<ShuntInjector>(driver, {});
    EXPECT_EQ(shunt->channels(), 1);
    EXPECT_EQ(shunt->minimum().value(), -0.11);
    EXPECT_EQ(shunt->maximum().value(), 0.11);
    EXPECT_LE(shunt->resolution().value(), 2e-6);
    EXPECT_EQ(shunt->accuracy().value(), 5e-6);
    EXPECT_EQ(shunt->identify().model, "virtual shunt injector");
}

TEST(VirtualShuntInjectorTest, TellsChargingFromDischarging) {
    Workbench bench;
    const auto shunt = bench.make<ShuntInjector>(driver, {});
    EXPECT_EQ(shunt->set_voltage(1, 50.0_mV).value(), 0.05);
    bench.settle(shunt);
    EXPECT_NEAR(shunt.terminal(1), 0.05, 5e-6);
    EXPECT_EQ(shunt->set_voltage(1, volts(-0.0123456)).value(), -0.012346);
    bench.settle(shunt);
    EXPECT_NEAR(shunt.terminal(1), -0.012346, 5e-6);
}

TEST(VirtualShuntInjectorTest, FollowsFourUpdatesASecondWithEase) {
    Workbench bench;
    const auto shunt = bench.make<ShuntInjector>(driver, {});
    shunt->set_voltage(1, volts(-0.11));
    bench.settle(shunt);
    const Instant start = bench.now();
    shunt->set_voltage(1, volts(0.11));
    EXPECT_LE(shunt->settled_at() - start, std::chrono::milliseconds{10});
}

TEST(VirtualShuntInjectorTest, IsExactlyZeroWhileOff) {
    Workbench bench;
    const auto shunt = bench.make<ShuntInjector>(driver, {{"noise_interval", "1 ms"}});
    EXPECT_EQ(shunt.terminal(1), 0);
    shunt->set_voltage(1, 50.0_mV);
    bench.run_for(std::chrono::milliseconds{10});
    EXPECT_NE(shunt.terminal(1), 0);
    shunt->set_output(1, false);
    EXPECT_EQ(shunt.terminal(1), 0);
    bench.run_for(std::chrono::milliseconds{10});
    EXPECT_EQ(shunt.terminal(1), 0);
}

}  // namespace
}  // namespace bmsrig
