#include "drivers/instrument_server/bs1200_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "drivers/bloomy_bs1200/bloomy_bs1200.h"
#include "drivers/instrument_server/bridge_test_bench.h"
#include "drivers/socketcan/can_cable.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Sixteen virtual cells in two boxes, and the real driver.
class Bs1200ServerTest : public testing::Test {
  protected:
    Bs1200ServerTest()
        : cells(make_instrument(
              spec_of("cells", "virtual_cell_simulator", {{"channels", "16"}, {"noise", "0 V"}}),
              {bench.scheduler, 1})) {
        InstrumentSpec serve = spec_of("cells", "bloomy_bs1200", {{"interface", "vcan1"}});
        server = make_bloomy_bs1200_bridge(serve, *cells, bench.context,
                                           [this](const std::string& interface) {
                                               EXPECT_EQ(interface, "vcan1");
                                               return cable.plug(CanCable::End::instrument);
                                           });
        serve.finish();
        Bs1200Options options;
        options.name = "cells";
        options.interface = "vcan1";
        options.boxes = {1, 2};
        driver = make_bloomy_bs1200(
            options, {bench.scheduler, [this] { return cable.plug(CanCable::End::rig); },
                      [this] { return bench.scheduler.now(); },
                      [this](const auto& done, Duration timeout) {
                          const Instant end = bench.scheduler.now() + timeout;
                          while (!done() && bench.scheduler.now() < end) bench.run(1ms);
                          return done();
                      }});
    }
    CellSimulator& real() { return dynamic_cast<CellSimulator&>(*driver); }
    double terminal(int channel) {
        return dynamic_cast<SourceTerminals&>(*cells).terminal_value(channel);
    }
    const CanFrame* last(std::uint32_t id) {
        const auto newest_first = cable.from_instrument() | std::views::reverse;
        const auto found = std::ranges::find(newest_first, id, &CanFrame::id);
        return found == newest_first.end() ? nullptr : &*found;
    }

    BridgeTestBench bench;
    CanCable cable{[this] { return bench.scheduler.now(); },
                   [this](auto handler) {
                       bench.scheduler.schedule(bench.scheduler.now(), std::move(handler));
                   }};
    std::unique_ptr<Instrument> cells;
    std::unique_ptr<Bridge> server;
    std::unique_ptr<Instrument> driver;
};

TEST_F(Bs1200ServerTest, TheRealDriverSetsTheVirtualCells) {
    EXPECT_TRUE(std::isnan(terminal(1)));
    std::vector<Volts> asked;
    for (int channel = 1; channel <= 16; ++channel) asked.push_back(volts(3 + 0.01 * channel));
    real().set_voltages(asked);
    bench.run(30ms);
    for (int channel = 1; channel <= 16; ++channel) {
        EXPECT_NEAR(terminal(channel), 3 + 0.01 * channel, 0.4e-3) << "cell " << channel;
        EXPECT_NEAR(real().read_voltage(channel).value(), terminal(channel), 1e-3);
        EXPECT_NEAR(real().read_current(channel).value(), 0, 2e-3);
    }
    EXPECT_TRUE(bench.logged.empty());
    EXPECT_GT(bench.caught_up, 0);
    real().make_safe();
    bench.run(10ms);
    EXPECT_TRUE(std::isnan(terminal(1)));
    EXPECT_TRUE(std::isnan(terminal(16)));
}

TEST_F(Bs1200ServerTest, ACellIsSwitchedOnAndOffByItself) {
    real().set_voltage(14, 3.3_V);
    bench.run(30ms);
    EXPECT_NEAR(terminal(14), 3.3, 0.4e-3);
    EXPECT_TRUE(std::isnan(terminal(13)));
    real().set_output(14, false);
    bench.run(30ms);
    EXPECT_TRUE(std::isnan(terminal(14)));
    real().set_output(14, true);
    bench.run(30ms);
    EXPECT_NEAR(terminal(14), 3.3, 0.4e-3);
}

// 0.1 A at most: the voltage of a cell with 0.4 A of load gives way.
TEST_F(Bs1200ServerTest, TheLimitsOfTheDriverAreThoseOfTheCells) {
    real().set_voltage(2, 4.0_V);
    dynamic_cast<SourceTerminals&>(*cells).set_load(2, 0.1);
    bench.run(30ms);
    EXPECT_NEAR(real().read_current(2).value(), 0.4, 5e-3);
    real().set_current_limits(2, amperes(0.1), amperes(0.1));
    bench.run(30ms);
    EXPECT_NEAR(terminal(2), 1.0, 0.02);
    EXPECT_NEAR(real().read_current(2).value(), 0.1, 5e-3);
}

// The identifiers and numbers of the maker's public driver.
TEST_F(Bs1200ServerTest, ABoxTellsOfItselfAgainAndAgain) {
    real().set_voltage(13, 2.8_V);
    bench.run(50ms);
    ASSERT_NE(last(256 + 2), nullptr);
    EXPECT_EQ(last(256 + 2)->data[0], 16) << "the fans turn";
    ASSERT_NE(last(288 + 2), nullptr);
    const CanFrame& voltages = *last(288 + 2);
    EXPECT_EQ(voltages.length, 8);
    EXPECT_NEAR(voltages.data[0] + 256 * voltages.data[1], 28000, 8);
    EXPECT_EQ(voltages.data[2] + 256 * voltages.data[3], 0) << "it is off";
    ASSERT_NE(last(416 + 1), nullptr);
    EXPECT_EQ(last(416 + 1)->data[0] + 256 * last(416 + 1)->data[1], 32768) << "no current";
    EXPECT_EQ(last(288 + 3), nullptr) << "there are two boxes";
}

TEST_F(Bs1200ServerTest, SaysHowTheRigFindsIt) {
    const ServedAs served = server->served_as();
    EXPECT_EQ(served.driver, "bloomy_bs1200");
    EXPECT_EQ(served.address, "vcan1");
    EXPECT_THAT(served.options, testing::Contains(testing::Pair("boxes", "1 2")));
    EXPECT_THAT(served.cannot, testing::ElementsAre("cell_faults"));
}

TEST_F(Bs1200ServerTest, RefusesOtherInstruments) {
    InstrumentSpec serve = spec_of("cells", "bloomy_bs1200", {});
    EXPECT_THAT(text_of<InputError>([&] {
                    static_cast<void>(make_bloomy_bs1200_bridge(serve, *cells, bench.context));
                }),
                HasSubstr("interface: vcan1"));
    const auto meter = make_instrument(spec_of("meter", "virtual_meter", {}), {bench.scheduler, 1});
    EXPECT_THAT(text_of<InputError>([&] {
                    static_cast<void>(make_bloomy_bs1200_bridge(serve, *meter, bench.context));
                }),
                HasSubstr("no cell simulator"));
}

}  // namespace
}  // namespace bmsrig
