// What every voltage source must do, and what power supplies and shunt injectors must do beyond it.
#include "drivers/contract/contract.h"
#include "drivers/contract/served.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {
namespace {

class VoltageSourceContract : public DriverContract {
  protected:
    VoltageSource& source() { return as<VoltageSource>(); }
    double accuracy() { return source().accuracy().value(); }
    double low() { return source().minimum().value(); }
    double high() { return source().maximum().value(); }
    double reading(int channel) { return source().read_voltage(channel).value(); }
    void expect_stands(int channel, double in_force) {
        EXPECT_NEAR(reading(channel), in_force, 2 * accuracy()) << "channel " << channel;
        if (terminals() == nullptr) return;
        EXPECT_NEAR(terminals()->terminal_value(channel), in_force, accuracy());
        EXPECT_NEAR(reading(channel), terminals()->terminal_value(channel), accuracy());
    }
};

TEST_P(VoltageSourceContract, StandsWhereItWasSetOnceSettled) {
    for (const double part : {0.0, 0.3, 0.55, 1.0}) {
        const double in_force =
            source().set_voltage(1, volts(low() + part * (high() - low()))).value();
        settle();
        expect_stands(1, in_force);
    }
}

TEST_P(VoltageSourceContract, RoundsToTheNearestStepAndSaysWhich) {
    const double step = source().resolution().value();
    for (const double part : {0.2, 0.4, 0.6, 0.8}) {
        const double asked = (std::round(high() / 2 / step) + part) * step;
        const double in_force = source().set_voltage(1, volts(asked)).value();
        EXPECT_LE(std::abs(in_force - asked), step / 2 * (1 + 1e-6));
        EXPECT_NEAR(in_force / step, std::round(in_force / step), 1e-6);
    }
}

TEST_P(VoltageSourceContract, RefusesWhatIsOutsideItsRangeAndChangesNothing) {
    const double in_force = source().set_voltage(1, volts(high() / 2)).value();
    settle();
    const double beyond = (high() - low()) / 100;
    for (const double asked : {low() - beyond, high() + beyond, -infinity, infinity, nan}) {
        expect_refused([&] { source().set_voltage(1, volts(asked)); }, "channel 1");
        expect_refused([&] { source().set_voltage(1, volts(asked)); }, format_number(asked));
    }
    settle();
    expect_stands(1, in_force);
}

TEST_P(VoltageSourceContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, source().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { source().set_voltage(channel, volts(0)); }, named);
        expect_refused([&] { source().read_voltage(channel); }, named);
        expect_refused([&] { source().set_output(channel, true); }, named);
    }
}

TEST_P(VoltageSourceContract, ComesBackWhereItWasAfterAnOutputOff) {
    const double in_force = source().set_voltage(1, volts(high() / 2)).value();
    settle();
    source().set_output(1, false);
    settle();
    source().set_output(1, true);
    settle();
    expect_stands(1, in_force);
}

/// What the virtual supply behind it needs for its whole range, which a bench file says.
const Options slewing{{"settling_time", "100 ms"}};
/// A real supply's own commands, which leave out what SCPI-99 lets them: "VOLT 12,(@1)".
const Options n6700{{"settling_time", "100 ms"}, {"profile", "keysight_n6700"}};

INSTANTIATE_TEST_SUITE_P(Drivers, VoltageSourceContract,
                         testing::Values(DriverCase{"virtual_power_supply", {{"channels", "2"}}},
                                         DriverCase{"virtual_shunt_injector", {}},
                                         served("scpi_power_supply", "virtual_power_supply",
                                                {{"channels", "2"}}, slewing),
                                         served("scpi_power_supply", "virtual_power_supply",
                                                {{"channels", "2"}}, n6700),
                                         served("scpi_shunt_injector", "virtual_shunt_injector")),
                         case_name);

class PowerSupplyContract : public VoltageSourceContract {};

TEST_P(PowerSupplyContract, FloatsWheneverItIsOff) {
    EXPECT_NE(dynamic_cast<PowerSupply*>(instrument_.get()), nullptr);
    const auto expect_floats = [&] { EXPECT_TRUE(std::isnan(reading(1))); };
    expect_floats();
    source().set_voltage(1, volts(high() / 2));
    settle();
    source().set_output(1, false);
    settle();
    expect_floats();
    source().set_output(1, true);
    settle();
    source().make_safe();
    settle();
    expect_floats();
    source().set_voltage(1, volts(high() / 2));
    restart(seed);
    expect_floats();
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, PowerSupplyContract,
    testing::Values(DriverCase{"virtual_power_supply", {}},
                    served("scpi_power_supply", "virtual_power_supply", {}, slewing),
                    served("scpi_power_supply", "virtual_power_supply", {}, n6700)),
    case_name);

class ShuntInjectorContract : public VoltageSourceContract {};

TEST_P(ShuntInjectorContract, GivesZeroWheneverItIsOff) {
    EXPECT_NE(dynamic_cast<ShuntInjector*>(instrument_.get()), nullptr);
    const auto expect_zero = [&] {
        EXPECT_NEAR(reading(1), 0, 2 * accuracy());
        if (terminals() != nullptr) {
            EXPECT_EQ(terminals()->terminal_value(1), 0);
        }
    };
    expect_zero();
    source().set_voltage(1, volts(high() / 2));
    settle();
    source().set_output(1, false);
    settle();
    expect_zero();
    source().set_output(1, true);
    settle();
    source().make_safe();
    settle();
    expect_zero();
    source().set_voltage(1, volts(high() / 2));
    restart(seed);
    expect_zero();
}

INSTANTIATE_TEST_SUITE_P(Drivers, ShuntInjectorContract,
                         testing::Values(DriverCase{"virtual_shunt_injector", {}},
                                         served("scpi_shunt_injector", "virtual_shunt_injector")),
                         case_name);

}  // namespace
}  // namespace bmsrig
