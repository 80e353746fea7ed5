// What every cell simulator must do.
#include <array>

#include "drivers/contract/contract.h"
#include "drivers/contract/served.h"
#include "drivers/contract/served_bs1200.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig {
namespace {

class CellSimulatorContract : public DriverContract {
  protected:
    CellSimulator& cells() { return as<CellSimulator>(); }
    double accuracy() { return cells().accuracy().value(); }
    double middle() { return (cells().minimum().value() + cells().maximum().value()) / 2; }
    double reading(int channel) { return cells().read_voltage(channel).value(); }

    /// Puts a fault into a cell's wires; false: the instrument has no means for any, and says so.
    bool inject(int channel, CellFault fault) {
        try {
            cells().set_fault(channel, fault);
        } catch (const BenchCannot& problem) {
            EXPECT_EQ(problem.ability(), "cell_faults");
            EXPECT_NE(std::string(problem.what()).find("\"it\""), std::string::npos)
                << "refused with: " << problem.what();
            return false;
        }
        return true;
    }

    /// The reading's own error and the output's are each within the accuracy.
    void expect_stands(int channel, double in_force) {
        EXPECT_NEAR(reading(channel), in_force, 2 * accuracy()) << "channel " << channel;
        if (terminals() == nullptr) return;
        EXPECT_NEAR(terminals()->terminal_value(channel), in_force, accuracy());
        EXPECT_NEAR(reading(channel), terminals()->terminal_value(channel), accuracy());
    }
};

TEST_P(CellSimulatorContract, SaysWhatItCanDo) {
    EXPECT_LT(cells().minimum(), cells().maximum());
    EXPECT_GT(cells().resolution(), 0.0_V);
    EXPECT_GT(cells().accuracy(), 0.0_V);
}

TEST_P(CellSimulatorContract, FloatsAfterPowerOn) {
    for (int channel = 1; channel <= cells().channels(); ++channel) {
        EXPECT_TRUE(std::isnan(reading(channel)));
    }
}

TEST_P(CellSimulatorContract, StandsWhereItWasSetOnceSettled) {
    for (int channel = 1; channel <= cells().channels(); ++channel) {
        const double in_force =
            cells().set_voltage(channel, volts(middle() + 0.1 * channel)).value();
        settle();
        expect_stands(channel, in_force);
    }
}

TEST_P(CellSimulatorContract, ReachesBothEndsOfItsRange) {
    for (const Volts& end : {cells().minimum(), cells().maximum()}) {
        const double in_force = cells().set_voltage(1, end).value();
        EXPECT_NEAR(in_force, end.value(), cells().resolution().value());
        settle();
        expect_stands(1, in_force);
    }
}

TEST_P(CellSimulatorContract, RoundsToTheNearestStepAndSaysWhich) {
    const double step = cells().resolution().value();
    for (const double part : {0.2, 0.4, 0.6, 0.8}) {
        const double asked = (std::round(middle() / step) + part) * step;
        const double in_force = cells().set_voltage(1, volts(asked)).value();
        EXPECT_LE(std::abs(in_force - asked), step / 2 * (1 + 1e-6));
        EXPECT_NEAR(in_force / step, std::round(in_force / step), 1e-6);
        EXPECT_EQ(cells().set_voltage(1, volts(in_force)).value(), in_force);
    }
}

TEST_P(CellSimulatorContract, RefusesWhatIsOutsideItsRangeAndChangesNothing) {
    const double in_force = cells().set_voltage(1, volts(middle())).value();
    settle();
    const double below = cells().minimum().value() - 0.001;
    const double above = cells().maximum().value() + 0.001;
    for (const double asked : {below, above, -infinity, infinity, nan}) {
        expect_refused([&] { cells().set_voltage(1, volts(asked)); }, "channel 1");
        expect_refused([&] { cells().set_voltage(1, volts(asked)); }, format_number(asked));
        const std::array<Volts, 2> two{volts(middle() + 1), volts(asked)};
        expect_refused([&] { cells().set_voltages(two); }, "channel 2");
    }
    settle();
    expect_stands(1, in_force);
    EXPECT_TRUE(std::isnan(reading(2)));
}

TEST_P(CellSimulatorContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, cells().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { cells().set_voltage(channel, volts(middle())); }, named);
        expect_refused([&] { cells().read_voltage(channel); }, named);
        expect_refused([&] { cells().read_current(channel); }, named);
        expect_refused([&] { cells().set_current_limits(channel, amperes(0), amperes(0)); }, named);
        expect_refused([&] { cells().set_fault(channel, CellFault::open); }, named);
        expect_refused([&] { cells().set_output(channel, true); }, named);
    }
    const std::vector<Volts> too_many(static_cast<std::size_t>(cells().channels()) + 1,
                                      volts(middle()));
    expect_refused([&] { cells().set_voltages(too_many); },
                   "channel " + std::to_string(cells().channels() + 1));
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
}

TEST_P(CellSimulatorContract, SetsAllCellsAtOnce) {
    std::vector<Volts> asked;
    for (int channel = 1; channel <= cells().channels(); ++channel) {
        asked.push_back(volts(middle() + 0.01 * channel));
    }
    const std::vector<Volts> in_force = cells().set_voltages(asked);
    ASSERT_EQ(in_force.size(), asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
        EXPECT_NEAR(in_force[i].value(), asked[i].value(), cells().resolution().value() / 2);
    }
    settle();
    for (int channel = 1; channel <= cells().channels(); ++channel) {
        expect_stands(channel, asked[static_cast<std::size_t>(channel) - 1].value());
    }
}

TEST_P(CellSimulatorContract, LeavesTheOtherCellsAlone) {
    const double first = cells().set_voltage(1, volts(middle())).value();
    const double second = cells().set_voltage(2, volts(middle() + 0.5)).value();
    settle();
    cells().set_voltage(1, volts(middle() - 1));
    inject(1, CellFault::shorted);
    settle();
    expect_stands(2, second);
    cells().set_fault(1, CellFault::none);
    cells().set_voltage(1, volts(first));
    settle();
    expect_stands(1, first);
}

TEST_P(CellSimulatorContract, InjectsFaultsAndTakesThemBackOrHasNone) {
    const double in_force = cells().set_voltage(1, volts(middle())).value();
    settle();
    if (!inject(1, CellFault::open)) {
        expect_stands(1, in_force);
        return;
    }
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
    cells().set_fault(1, CellFault::shorted);
    settle();
    EXPECT_NEAR(reading(1), 0, 2 * accuracy());
    cells().set_fault(1, CellFault::reversed);
    settle();
    EXPECT_NEAR(reading(1), -in_force, 2 * accuracy());
    cells().set_fault(1, CellFault::none);
    settle();
    expect_stands(1, in_force);
}

TEST_P(CellSimulatorContract, FloatsWhileSwitchedOffAndComesBackWhereItWas) {
    const double in_force = cells().set_voltage(1, volts(middle())).value();
    settle();
    cells().set_output(1, false);
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
    cells().set_output(1, true);
    settle();
    expect_stands(1, in_force);
}

TEST_P(CellSimulatorContract, ReadsNoCurrentWithoutLoad) {
    cells().set_voltage(1, volts(middle()));
    settle();
    EXPECT_NEAR(cells().read_current(1).value(), 0, 0.01);
}

TEST_P(CellSimulatorContract, RefusesCurrentLimitsThatAreNone) {
    for (const double asked : {-0.001, nan, infinity}) {
        expect_refused([&] { cells().set_current_limits(1, amperes(asked), amperes(0)); },
                       "channel 1");
        expect_refused([&] { cells().set_current_limits(1, amperes(0), amperes(asked)); },
                       "channel 1");
    }
}

TEST_P(CellSimulatorContract, FloatsWhenSafeWithoutAnyFault) {
    cells().set_voltage(1, volts(middle()));
    cells().set_voltage(2, volts(middle()));
    settle();
    inject(2, CellFault::shorted);
    cells().make_safe();
    cells().make_safe();
    settle();
    EXPECT_TRUE(std::isnan(reading(1)));
    EXPECT_TRUE(std::isnan(reading(2)));
    const double in_force = cells().set_voltage(2, volts(middle())).value();
    settle();
    expect_stands(2, in_force);
}

TEST_P(CellSimulatorContract, StartsAnewWithEachTest) {
    cells().set_voltage(1, volts(middle()));
    inject(2, CellFault::shorted);
    settle();
    restart(seed);
    EXPECT_TRUE(std::isnan(reading(1)));
    EXPECT_TRUE(std::isnan(reading(2)));
    const double in_force = cells().set_voltage(1, volts(middle())).value();
    settle();
    expect_stands(1, in_force);
}

/// What the virtual cells behind it need for their whole range, which a bench file says.
const Options slewing{{"settling_time", "20 ms"}};

INSTANTIATE_TEST_SUITE_P(
    Drivers, CellSimulatorContract,
    testing::Values(DriverCase{"virtual_cell_simulator", {{"channels", "16"}}}, served_bs1200(),
                    served("bloomy_abs", "virtual_cell_simulator", {{"channels", "16"}}, slewing),
                    served("scpi_cell_simulator", "virtual_cell_simulator", {{"channels", "4"}},
                           slewing)),
    case_name);

}  // namespace
}  // namespace bmsrig
