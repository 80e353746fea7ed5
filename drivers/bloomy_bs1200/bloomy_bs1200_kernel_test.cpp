// The driver of the BS1200 on a CAN interface, with virtual boxes at its other end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/guarded_process.h"
#include "drivers/instrument_server/bridge_test_bench.h"
#include "drivers/instrument_server/bs1200_server.h"
#include "drivers/socketcan/can_socket.h"
#include "drivers/socketcan/kernel_buses.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/clock.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

class BloomyBs1200KernelTest : public KernelTest {
  protected:
    BloomyBs1200KernelTest() : KernelTest("BMSRIG_CAN", 2) {
        bench.reactor.set_runner([this](Instant limit) {
            const Instant next = std::min(limit, bench.scheduler.next_due().value_or(limit));
            bench.reactor.run_one(next);
            bench.scheduler.run_until(std::max(bench.scheduler.now(), bench.reactor.now()));
        });
    }
    BridgeTestBench bench;
};

TEST_F(BloomyBs1200KernelTest, SetsAndReadsSixteenCellsInTwoBoxes) {
    const auto cells = make_instrument(
        spec_of("cells", "virtual_cell_simulator", {{"channels", "16"}}), {bench.scheduler, 1});
    InstrumentSpec serve = spec_of("cells", "bloomy_bs1200", {{"interface", names[1]}});
    const auto server = make_bloomy_bs1200_bridge(serve, *cells, bench.context);
    const auto driver =
        make_instrument(spec_of("cells", "bloomy_bs1200", server->served_as().options),
                        {bench.scheduler, 1, &bench.reactor});
    auto& real = dynamic_cast<CellSimulator&>(*driver);
    ASSERT_EQ(real.channels(), 24);
    std::vector<Volts> asked;
    for (int channel = 1; channel <= 16; ++channel) asked.push_back(volts(3 + 0.01 * channel));
    real.set_voltages(asked);
    auto& plug = dynamic_cast<SourceTerminals&>(*cells);
    // The cells take longer than the box's readback on a slow machine.
    EXPECT_TRUE(bench.reactor.wait([&] { return plug.terminal_value(16) > 3.15; }, 30s));
    bench.reactor.wait([] { return false; }, 100ms);
    for (int channel = 1; channel <= 16; ++channel) {
        EXPECT_NEAR(real.read_voltage(channel).value(), 3 + 0.01 * channel, 2e-3);
    }
    driver->make_safe();
    EXPECT_TRUE(bench.reactor.wait([&] { return std::isnan(plug.terminal_value(16)); }, 30s));
    EXPECT_TRUE(std::isnan(plug.terminal_value(1)));
}

TEST_F(BloomyBs1200KernelTest, TheGuardSwitchesEveryBoxOff) {
    const auto bus = open_can_socket(bench.reactor, names[1]);
    GuardedBench guarded;
    guarded.instrument =
        spec_of("cells", "bloomy_bs1200", {{"interface", names[1]}, {"boxes", "1 3"}});
    guarded.drive = [](Instrument& cells) {
        dynamic_cast<CellSimulator&>(cells).set_voltage(13, volts(3.3));
    };
    GuardedProcess rig(guarded);
    rig.kill();
    rig.wait_for_guard();
    std::vector<std::string> frames;
    while (const auto arrival = bus->take()) frames.push_back(to_string(rig_frame(arrival->frame)));
    ASSERT_GT(frames.size(), 2U);
    // The maker's "enable all": 1344 and the number of the box, with a zero.
    EXPECT_THAT(std::vector(frames.end() - 2, frames.end()),
                testing::ElementsAre("541#00", "543#00"));
    EXPECT_THAT(rig.report(), testing::HasSubstr("the bench is safe"));
}

TEST_F(BloomyBs1200KernelTest, IsFinishedWhenItsFramesHaveBeenOnTheBus) {
    const auto bus = open_can_socket(bench.reactor, names[1]);
    const auto cells = make_instrument(spec_of("cells", "bloomy_bs1200", {{"interface", names[1]}}),
                                       {bench.scheduler, 1, &bench.reactor});
    while (bus->take()) {
    }
    cells->make_safe();
    cells->finish();
    const auto arrival = bus->take();
    ASSERT_TRUE(arrival);
    EXPECT_EQ(to_string(rig_frame(arrival->frame)), "541#00");
}

// Cells that are on must be switched off as soon as the interface is back.
TEST_F(BloomyBs1200KernelTest, IsMadeSafeThoughItsInterfaceWentDownInTheTest) {
    PluggedInterface plugged;
    if (!plugged.is_there()) GTEST_SKIP() << "this user may not make CAN interfaces";
    const auto driver =
        make_instrument(spec_of("cells", "bloomy_bs1200", {{"interface", plugged.name()}}),
                        {bench.scheduler, 1, &bench.reactor});
    driver->finish();
    ASSERT_TRUE(plugged.set("down"));
    EXPECT_THAT(text_of<InstrumentError>([&] { bench.reactor.wait([] { return false; }, 30s); }),
                testing::HasSubstr("is down"));
    EXPECT_THAT(text_of<InstrumentError>([&] { driver->make_safe(); }),
                testing::HasSubstr("is down"));
    ASSERT_TRUE(plugged.set("up"));
    const auto box = open_can_socket(bench.reactor, plugged.name());
    driver->make_safe();
    driver->finish();
    const auto heard = box->take();
    ASSERT_TRUE(heard);
    // The maker's public driver: 1344 and the number of the box, 0: all of its cells off.
    EXPECT_EQ(to_string(rig_frame(heard->frame)), "541#00");
}

}  // namespace
}  // namespace bmsrig
