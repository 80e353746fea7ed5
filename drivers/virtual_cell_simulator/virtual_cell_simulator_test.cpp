#include "rig/instruments/cell_simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto driver = "virtual_cell_simulator";

struct Change {
    Instant time;
    int channel;
    double value;
};

/// Notes what the wiring would hear.
std::vector<Change> listen(Workbench& bench, const Made<CellSimulator>& cells,
                           const std::function<void()>& action) {
    std::vector<Change> heard;
    cells.source().on_terminal_change(
        [&](int channel) { heard.push_back({bench.now(), channel, cells.terminal(channel)}); });
    action();
    cells.source().on_terminal_change({});
    return heard;
}

std::vector<Volts> all_at(double voltage, int count) {
    return std::vector<Volts>(static_cast<std::size_t>(count), volts(voltage));
}

TEST(VirtualCellSimulatorTest, HasTheDefaultsOfItsHeader) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {});
    EXPECT_EQ(cells->channels(), 4);
    EXPECT_EQ(cells->minimum().value(), 0);
    EXPECT_EQ(cells->maximum().value(), 5);
    EXPECT_EQ(cells->resolution().value(), 1e-4);
    EXPECT_EQ(cells->accuracy().value(), 3e-4);
    EXPECT_EQ(cells->identify().model, "virtual cell simulator");
}

TEST(VirtualCellSimulatorTest, StaysWithinItsAccuracyForEverySeedAndVoltage) {
    double largest = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Workbench bench;
        const auto cells = bench.make<CellSimulator>(
            driver, {{"channels", "8"}, {"noise_interval", "1 ms"}}, seed);
        for (const double voltage : {0.0, 2.8, 5.0}) {
            cells->set_voltages(all_at(voltage, 8));
            bench.settle(cells);
            for (int i = 0; i < 20; ++i) {
                bench.run_for(milliseconds{1});
                for (int channel = 1; channel <= 8; ++channel) {
                    const double error = cells.terminal(channel) - voltage;
                    ASSERT_LE(std::abs(error), 3e-4);
                    ASSERT_LE(
                        std::abs(cells->read_voltage(channel).value() - cells.terminal(channel)),
                        3e-4 + 1e-12);
                    largest = std::max(largest, std::abs(error));
                }
            }
        }
    }
    EXPECT_GT(largest, 1.5e-4);  // and it makes use of it
}

TEST(VirtualCellSimulatorTest, ErrorsAndNoiseComeFromSeedNameAndChannelAlone) {
    const Options noisy{{"noise_interval", "1 ms"}};
    const auto values = [&](std::uint64_t seed, const std::string& name, bool with_another) {
        Workbench bench;
        const auto other = bench.make<CellSimulator>(driver, noisy, seed, "other");
        const auto cells = bench.make<CellSimulator>(driver, noisy, seed, name);
        if (with_another) other->set_voltages(all_at(3, 4));
        cells->set_voltages(all_at(3.3, 4));
        std::vector<double> seen;
        for (int i = 0; i < 50; ++i) {
            bench.run_for(milliseconds{1});
            if (with_another) (void)other->read_voltage(1);
            for (int channel = 1; channel <= 4; ++channel) {
                const double value = cells.terminal(channel);
                seen.push_back(std::isnan(value) ? -1 : value);
            }
            seen.push_back(cells->read_voltage(2).value());
            if (std::isnan(seen.back())) seen.back() = -1;
        }
        return seen;
    };
    EXPECT_EQ(values(1, "cells", false), values(1, "cells", true));
    EXPECT_NE(values(1, "cells", false), values(2, "cells", false));
    EXPECT_NE(values(1, "cells", false), values(1, "rest", false));
}

TEST(VirtualCellSimulatorTest, RestartRepeatsTheNoiseAndKeepsTheCalibration) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"noise_interval", "1 ms"}}, 3);
    const auto test = [&](std::uint64_t seed) {
        bench.scheduler.restart();
        cells->restart(seed);
        cells->set_voltage(1, 3.3_V);
        bench.settle(cells);
        std::vector<double> seen{cells.terminal(1)};
        for (int i = 0; i < 20; ++i) {
            bench.run_for(milliseconds{1});
            seen.push_back(cells.terminal(1));
            seen.push_back(cells->read_voltage(1).value());
        }
        return seen;
    };
    const auto first = test(11);
    const auto other = test(12);
    EXPECT_EQ(test(11), first);
    EXPECT_NE(other, first);
    double mean = 0;
    double other_mean = 0;
    for (std::size_t i = 1; i < first.size(); i += 2) {
        mean += first[i] / 20;
        other_mean += other[i] / 20;
    }
    EXPECT_NEAR(mean, other_mean, 4e-5);  // of 20 uV noise the means of 20 differ by 6 uV
}

TEST(VirtualCellSimulatorTest, NoiseHasItsRmsAndNewDrawsEachInterval) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(
        driver, {{"noise", "20 uV"}, {"noise_interval", "1 ms"}, {"channels", "1"}});
    cells->set_voltage(1, 3.3_V);
    bench.run_for(milliseconds{100});
    constexpr int count = 5000;
    double sum = 0;
    double squares = 0;
    const auto heard = listen(bench, cells, [&] { bench.run_for(milliseconds{count}); });
    ASSERT_EQ(heard.size(), static_cast<std::size_t>(count));
    for (const Change& change : heard) {
        sum += change.value - 3.3;
        squares += (change.value - 3.3) * (change.value - 3.3);
    }
    const double mean = sum / count;
    EXPECT_NEAR(std::sqrt(squares / count - mean * mean), 20e-6, 1e-6);
}

TEST(VirtualCellSimulatorTest, AQuietBenchCostsNoEvents) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {});
    cells->set_voltages(all_at(3.3, 4));
    bench.settle(cells);
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
}

TEST(VirtualCellSimulatorTest, ANoisyBenchIsQuietWhileAllIsOff) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"noise_interval", "1 ms"}});
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
    cells->set_voltage(2, 3.3_V);
    bench.run_for(milliseconds{20});
    EXPECT_TRUE(bench.scheduler.next_due().has_value());
    cells->set_output(2, false);
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
}

TEST(VirtualCellSimulatorTest, SixteenCellsShareTheirFewEvents) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"channels", "16"}});
    std::vector<Volts> different;
    for (int i = 0; i < 16; ++i) different.push_back(volts(2.5 + 0.1 * i));
    cells->set_voltages(different);
    EXPECT_LE(bench.run_to_rest(), 3);
    // Within one step of 5 ms: one event for all.
    for (Volts& voltage : different) voltage -= 1.0_mV;
    cells->set_voltages(different);
    EXPECT_EQ(bench.run_to_rest(), 1);
    cells->set_voltages(different);
    EXPECT_EQ(bench.run_to_rest(), 0);
}

TEST(VirtualCellSimulatorTest, AllCellsChangeInTheSameInstant) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"channels", "4"}});
    cells->set_voltages(all_at(3.3, 4));
    bench.settle(cells);
    bool together = true;
    cells.source().on_terminal_change([&](int) {
        for (int channel = 1; channel <= 4; ++channel) {
            together = together && std::abs(cells.terminal(channel) - 3.3) > 0.01;
        }
    });
    cells->set_voltages(all_at(2.7, 4));
    bench.settle(cells);
    EXPECT_TRUE(together);
    EXPECT_NEAR(cells.terminal(4), 2.7, 3e-4);
}

TEST(VirtualCellSimulatorTest, MovesInStepsAndSettlesWhenItSays) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"channels", "1"},
                                                          {"accuracy", "50 uV"},
                                                          {"noise", "0 V"},
                                                          {"slew_per_second", "100 V"},
                                                          {"settling_time", "0 s"},
                                                          {"update_interval", "1 ms"}});
    cells->set_voltage(1, 3.0_V);
    bench.settle(cells);
    const Instant start = bench.now();
    cells->set_voltage(1, 3.25_V);
    EXPECT_EQ(cells->settled_at() - start, microseconds{2500});  // 0.25 V at 100 V/s
    const auto heard = listen(bench, cells, [&] { bench.settle(cells); });
    ASSERT_EQ(heard.size(), 3U);
    EXPECT_EQ(heard[0].time - start, milliseconds{1});
    EXPECT_NEAR(heard[0].value, 3.1, 1e-4);
    EXPECT_EQ(heard[1].time - start, milliseconds{2});
    EXPECT_NEAR(heard[1].value, 3.2, 1e-4);
    EXPECT_EQ(heard[2].time - start, microseconds{2500});
    EXPECT_NEAR(heard[2].value, 3.25, 1e-4);
}

TEST(VirtualCellSimulatorTest, AFullStepSettlesWithinItsSettlingTime) {
    Workbench bench;
    const auto cells =
        bench.make<CellSimulator>(driver, {{"slew_per_second", "0 V"}, {"settling_time", "10 ms"}});
    cells->set_voltage(1, 0.0_V);
    bench.settle(cells);
    const Instant start = bench.now();
    cells->set_voltage(1, 5.0_V);
    EXPECT_NEAR(to_seconds(cells->settled_at() - start), 0.01, 1e-6);
}

TEST(VirtualCellSimulatorTest, SetsThatComeFasterThanItSettlesStillShow) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"channels", "1"}});
    cells->set_voltage(1, 3.3_V);
    bench.settle(cells);
    const auto heard = listen(bench, cells, [&] {
        for (int i = 1; i <= 200; ++i) {
            cells->set_voltage(1, volts(3.3 - 0.001 * i));
            bench.run_for(milliseconds{1});
            EXPECT_NEAR(cells.terminal(1), 3.3 - 0.001 * i,
                        0.008);  // 5 ms and the lag of 1 ms steps
        }
    });
    EXPECT_GE(heard.size(), 40U);
    bench.settle(cells);
    EXPECT_NEAR(cells.terminal(1), 3.1, 3e-4);
}

TEST(VirtualCellSimulatorTest, ComesOnOnlyWhenItHasSettled) {
    Workbench bench;
    const auto cells = bench.make<CellSimulator>(driver, {{"channels", "1"}});
    const auto heard = listen(bench, cells, [&] {
        cells->set_voltage(1, 3.3_V);
        bench.settle(cells);
    });
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_NEAR(heard[0].value, 3.3, 3e-4);
    // Switched off and on it is still settled behind its relay.
    cells->set_output(1, false);
    EXPECT_TRUE(std::isnan(cells.terminal(1)));
    cells->set_output(1, true);
    EXPECT_NEAR(cells.terminal(1), 3.3, 3e-4);
}

TEST(VirtualCellSimulatorTest, WithoutLagEverythingHappensAtOnce) {
    Workbench bench;
    const auto cells =
        bench.make<CellSimulator>(driver, {{"slew_per_second", "0 V"}, {"settling_time", "0 s"}});
    cells->set_voltage(1, 3.3_V);
    EXPECT_NEAR(cells.terminal(1), 3.3, 3e-4);
    EXPECT_EQ(cells->settled_at(), bench.now());
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
}

class BalancingTest : public testing::Test {
  protected:
    BalancingTest()
        : cells_(bench_.make<CellSimulator>(driver, {{"source_impedance", "10 mohm"},
                                                     {"source_limit", "1 A"},
                                                     {"sink_limit", "0.5 A"},
                                                     {"current_accuracy", "1 mA"}})) {
        cells_->set_voltages(all_at(3.6, 4));
        bench_.settle(cells_);
    }
    static constexpr double four_ohm = 0.25;  // siemens
    Workbench bench_;
    Made<CellSimulator> cells_;
};

TEST_F(BalancingTest, TheLoadDropsVoltageAcrossTheImpedance) {
    cells_.source().set_load(2, four_ohm);
    const double current = 3.6 / 4.01;
    EXPECT_NEAR(cells_.terminal(2), current * 4, 4e-4);
    EXPECT_NEAR(cells_->read_voltage(2).value(), current * 4, 7e-4);
    EXPECT_NEAR(cells_->read_current(2).value(), current, 1.2e-3);
    EXPECT_NEAR(cells_.terminal(1), 3.6, 3e-4);
    cells_.source().set_load(2, 0);
    EXPECT_NEAR(cells_.terminal(2), 3.6, 3e-4);
}

TEST_F(BalancingTest, TellsTheWiringOfALoad) {
    const auto heard = listen(bench_, cells_, [&] { cells_.source().set_load(3, four_ohm); });
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].channel, 3);
}

TEST_F(BalancingTest, TheVoltageGivesWayBeyondTheSourceLimit) {
    cells_->set_current_limits(1, 0.5_A, 0.5_A);
    cells_.source().set_load(1, four_ohm);
    EXPECT_NEAR(cells_.terminal(1), 2, 1e-9);  // 0.5 A in 4 ohm
    EXPECT_NEAR(cells_->read_current(1).value(), 0.5, 1e-3);
    cells_->set_current_limits(1, 1.0_A, 0.5_A);
    EXPECT_GT(cells_.terminal(1), 3.5);
}

TEST_F(BalancingTest, LimitsBeyondTheInstrumentAreRefused) {
    EXPECT_THROW(cells_->set_current_limits(1, 1.001_A, 0.5_A), RatingError);
    EXPECT_THROW(cells_->set_current_limits(1, 1.0_A, 0.501_A), RatingError);
}

TEST_F(BalancingTest, AReversedCellDrivesTheLoadBackwards) {
    cells_->set_fault(1, CellFault::reversed);
    cells_.source().set_load(1, four_ohm);
    EXPECT_NEAR(cells_.terminal(1), -3.6 / 4.01 * 4, 4e-4);
}

TEST_F(BalancingTest, NoCurrentFlowsThroughAnOpenOrShortedOrUnpoweredCell) {
    cells_.source().set_load(1, four_ohm);
    for (const auto fault : {CellFault::open, CellFault::shorted}) {
        cells_->set_fault(1, fault);
        EXPECT_NEAR(cells_->read_current(1).value(), 0, 1e-3);
    }
    cells_->set_fault(1, CellFault::none);
    cells_->set_output(1, false);
    EXPECT_NEAR(cells_->read_current(1).value(), 0, 1e-3);
}

TEST_F(BalancingTest, RestartTakesTheLoadsAndLimitsOff) {
    cells_->set_current_limits(1, 0.1_A, 0.1_A);
    cells_.source().set_load(1, four_ohm);
    bench_.scheduler.restart();
    cells_->restart(1);
    cells_->set_voltage(1, 3.6_V);
    bench_.settle(cells_);
    EXPECT_NEAR(cells_.terminal(1), 3.6, 3e-4);
    cells_.source().set_load(1, four_ohm);
    EXPECT_GT(cells_.terminal(1), 3.5);
}

TEST_F(BalancingTest, LoadsThatAreNoneAreRefused) {
    EXPECT_THROW(cells_.source().set_load(1, -0.1), Error);
    EXPECT_THROW(cells_.source().set_load(1, std::nan("")), Error);
    EXPECT_THROW(cells_.source().set_load(5, 0.25), RatingError);
    EXPECT_THROW((void)cells_.source().terminal_value(0), RatingError);
}

}  // namespace
}  // namespace bmsrig
