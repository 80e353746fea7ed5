// What every temperature simulator must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/served.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig {
namespace {

class TemperatureSimulatorContract : public DriverContract {
  protected:
    TemperatureSimulator& sensors() { return as<TemperatureSimulator>(); }
    double accuracy() { return sensors().accuracy().value(); }
    double reading(int channel) { return sensors().read_temperature(channel).value(); }
    void expect_stands(int channel, double in_force) {
        EXPECT_NEAR(reading(channel), in_force, 2 * accuracy()) << "channel " << channel;
        if (terminals() == nullptr) return;
        EXPECT_NEAR(terminals()->terminal_value(channel), in_force, accuracy());
        EXPECT_NEAR(reading(channel), terminals()->terminal_value(channel), accuracy());
    }
};

TEST_P(TemperatureSimulatorContract, StandsWhereItWasSetOnceSettled) {
    for (const double asked :
         {sensors().minimum().value(), 0.0, 25.0, sensors().maximum().value()}) {
        const double in_force = sensors().set_temperature(1, celsius(asked)).value();
        settle();
        expect_stands(1, in_force);
    }
}

TEST_P(TemperatureSimulatorContract, RoundsToTheNearestStepAndSaysWhich) {
    const double step = sensors().resolution().value();
    for (const double part : {0.2, 0.4, 0.6, 0.8}) {
        const double asked = (std::round(25 / step) + part) * step;
        const double in_force = sensors().set_temperature(1, celsius(asked)).value();
        EXPECT_LE(std::abs(in_force - asked), step / 2 * (1 + 1e-6));
        EXPECT_NEAR(in_force / step, std::round(in_force / step), 1e-6);
    }
}

TEST_P(TemperatureSimulatorContract, RefusesWhatIsOutsideItsRangeAndChangesNothing) {
    const double in_force = sensors().set_temperature(1, 20.0_degC).value();
    settle();
    const double below = sensors().minimum().value() - 0.01;
    const double above = sensors().maximum().value() + 0.01;
    for (const double asked : {below, above, -infinity, infinity, nan}) {
        expect_refused([&] { sensors().set_temperature(1, celsius(asked)); }, "channel 1");
        expect_refused([&] { sensors().set_temperature(1, celsius(asked)); }, format_number(asked));
    }
    settle();
    expect_stands(1, in_force);
}

TEST_P(TemperatureSimulatorContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, sensors().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { sensors().set_temperature(channel, 20.0_degC); }, named);
        expect_refused([&] { sensors().read_temperature(channel); }, named);
        expect_refused([&] { sensors().set_fault(channel, SensorFault::absent); }, named);
    }
}

TEST_P(TemperatureSimulatorContract, AbsentSensorsComeBackWithWhatWasSetMeanwhile) {
    sensors().set_temperature(1, 20.0_degC);
    settle();
    sensors().set_fault(1, SensorFault::absent);
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
    const double in_force = sensors().set_temperature(1, 40.0_degC).value();
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
    sensors().set_fault(1, SensorFault::none);
    settle();
    expect_stands(1, in_force);
}

TEST_P(TemperatureSimulatorContract, StuckSensorsKeepWhatTheyShowed) {
    const double kept = sensors().set_temperature(1, 20.0_degC).value();
    settle();
    sensors().set_fault(1, SensorFault::stuck);
    const double in_force = sensors().set_temperature(1, 40.0_degC).value();
    settle();
    sensors().set_fault(1, SensorFault::stuck);  // once more: it still shows the first
    expect_stands(1, kept);
    sensors().set_fault(1, SensorFault::none);
    settle();
    expect_stands(1, in_force);
}

TEST_P(TemperatureSimulatorContract, ComesBackWithoutFaultsAfterMakeSafe) {
    sensors().set_temperature(1, 20.0_degC);
    settle();
    sensors().set_fault(1, SensorFault::stuck);
    sensors().make_safe();
    settle();
    const double in_force = sensors().set_temperature(1, 30.0_degC).value();
    settle();
    expect_stands(1, in_force);
}

TEST_P(TemperatureSimulatorContract, StartsAnewWithEachTest) {
    sensors().set_temperature(1, 20.0_degC);
    settle();
    sensors().set_fault(1, SensorFault::stuck);
    restart(seed);
    const double in_force = sensors().set_temperature(1, 30.0_degC).value();
    settle();
    expect_stands(1, in_force);
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, TemperatureSimulatorContract,
    testing::Values(DriverCase{"virtual_temperature_simulator", {{"channels", "4"}}},
                    served("scpi_temperature_simulator", "virtual_temperature_simulator",
                           {{"channels", "4"}, {"settling_time", "1 ms"}})),
    case_name);

}  // namespace
}  // namespace bmsrig
