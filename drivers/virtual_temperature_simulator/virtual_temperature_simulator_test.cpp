#include "rig/instruments/temperature_simulator.h"

#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

constexpr auto driver = "virtual_temperature_simulator";

TEST(VirtualTemperatureSimulatorTest, HasTheRangeAndTheStepsOfADs18b20) {
    Workbench bench;
    const auto sensors = bench.make<TemperatureSimulator>(driver, {});
    EXPECT_EQ(sensors->channels(), 1);
    EXPECT_EQ(sensors->minimum().value(), -55);
    EXPECT_EQ(sensors->maximum().value(), 125);
    EXPECT_EQ(sensors->resolution().value(), 0.0625);
    EXPECT_EQ(sensors->accuracy().value(), 0.1);
    EXPECT_EQ(sensors->identify().model, "virtual temperature simulator");
}

TEST(VirtualTemperatureSimulatorTest, IsAbsentUntilItsFirstTemperature) {
    Workbench bench;
    const auto sensors = bench.make<TemperatureSimulator>(driver, {});
    EXPECT_TRUE(std::isnan(sensors.terminal(1)));
    EXPECT_TRUE(std::isnan(sensors->read_temperature(1).value()));
    sensors->set_temperature(1, 25.0_degC);
    bench.settle(sensors);
    EXPECT_NEAR(sensors.terminal(1), 25, 0.1);
    sensors->make_safe();
    EXPECT_TRUE(std::isnan(sensors.terminal(1)));
}

TEST(VirtualTemperatureSimulatorTest, WarmsUpWithItsSettlingTime) {
    Workbench bench;
    const auto sensors = bench.make<TemperatureSimulator>(
        driver, {{"settling_time", "60 s"}, {"update_interval", "1 s"}});
    sensors->set_temperature(1, celsius(-55));
    bench.settle(sensors);
    const Instant start = bench.now();
    sensors->set_temperature(1, celsius(125));
    EXPECT_NEAR(to_seconds(sensors->settled_at() - start), 60, 1e-6);
    // Over the full range 60 s are ln(180 / 0.03125) time constants.
    const double time_constant = 60 / std::log(180 / 0.03125);
    bench.run_for(std::chrono::seconds{10});
    EXPECT_NEAR(sensors.terminal(1), 125 - 180 * std::exp(-10 / time_constant), 0.11);
    bench.settle(sensors);
    EXPECT_NEAR(sensors.terminal(1), 125, 0.1);
}

TEST(VirtualTemperatureSimulatorTest, AStuckSensorIgnoresItsOwnWarmingUp) {
    Workbench bench;
    const auto sensors = bench.make<TemperatureSimulator>(
        driver, {{"settling_time", "10 s"}, {"update_interval", "1 s"}});
    sensors->set_temperature(1, 20.0_degC);
    bench.settle(sensors);
    sensors->set_temperature(1, 60.0_degC);
    bench.run_for(std::chrono::milliseconds{1500});
    const double shown = sensors.terminal(1);
    EXPECT_GT(shown, 21);
    sensors->set_fault(1, SensorFault::stuck);
    bench.settle(sensors);
    EXPECT_EQ(sensors.terminal(1), shown);
}

TEST(VirtualTemperatureSimulatorTest, FeelsNoLoad) {
    Workbench bench;
    const auto sensors = bench.make<TemperatureSimulator>(driver, {});
    sensors->set_temperature(1, 20.0_degC);
    bench.settle(sensors);
    const double before = sensors.terminal(1);
    sensors.source().set_load(1, 0.25);
    EXPECT_EQ(sensors.terminal(1), before);
    EXPECT_THROW(sensors.source().set_load(1, -1), Error);
    EXPECT_THROW(sensors.source().set_load(2, 0), RatingError);
}

}  // namespace
}  // namespace bmsrig
