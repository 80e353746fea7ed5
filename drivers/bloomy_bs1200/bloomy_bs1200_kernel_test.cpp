// The driver of the BS1200 on a CAN interface, with virtual boxes at its other end.
#include <gtest/gtest.h>

#include <cmath>

#include "drivers/instrument_server/bridge_test_bench.h"
#include "drivers/instrument_server/bs1200_server.h"
#include "drivers/socketcan/kernel_buses.h"
#include "rig/clock.h"
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

}  // namespace
}  // namespace bmsrig
