// The virtual CAN bus at one controller, the real driver at the other, on the kernel's bus.
#include "drivers/instrument_server/socketcan_bridge.h"

#include <gmock/gmock.h>

#include "drivers/instrument_server/bridge_test_bench.h"
#include "drivers/socketcan/kernel_buses.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ControllerBridgeKernelTest : public KernelTest {
  protected:
    ControllerBridgeKernelTest() : KernelTest("BMSRIG_CAN_PAIR", 2) {}
    void SetUp() override {
        KernelTest::SetUp();
        if (IsSkipped()) return;
        make_can_link(names[0])->configure(500'000, false);
        make_can_link(names[1])->configure(500'000, false);
        virtual_adapter =
            make_instrument(spec_of("can", "virtual_can_adapter", {}), {bench.scheduler, 1});
        bench.context.catch_up = [this] {
            bench.scheduler.run_until(std::max(bench.scheduler.now(), bench.reactor.now()));
        };
        InstrumentSpec serve =
            spec_of("can", "socketcan_adapter",
                    {{"interfaces", names[0]}, {"far_ends", names[1]}, {"bit_rate", "250000"}});
        bridge = make_socketcan_adapter_bridge(serve, *virtual_adapter, bench.context);
        const ServedAs as = bridge->served_as();
        rig = make_instrument(spec_of("can", as.driver, as.options),
                              {bench.scheduler, 1, &bench.reactor});
        rig_side().on_event([this](int, const CanEvent& event) {
            if (event.kind == CanEvent::Kind::received) heard.push_back(to_string(event.frame));
        });
    }
    CanAdapter& rig_side() { return dynamic_cast<CanAdapter&>(*rig); }
    CanAdapter& node() { return dynamic_cast<CanAdapter&>(*virtual_adapter); }
    CanTerminals& uut() { return dynamic_cast<CanTerminals&>(*virtual_adapter); }
    void connect_uut(std::uint32_t bit_rate) {
        uut().connect(1, bit_rate,
                      [this](const CanFrame& frame) { uut_heard.push_back(to_string(frame)); });
    }
    void uut_sends(const std::string& frame) {
        bench.context.catch_up();
        uut().transmit(1, can_frame_from(frame).value());
    }
    /// The whole laboratory lives until `done`; false after half a minute.
    bool wait(const std::function<bool()>& done) {
        return bench.reactor.wait(
            [&] {
                bench.context.catch_up();
                return done();
            },
            30s);
    }

    BridgeTestBench bench;
    std::unique_ptr<Instrument> virtual_adapter;
    std::unique_ptr<Bridge> bridge;
    std::unique_ptr<Instrument> rig;
    std::vector<std::string> heard;
    std::vector<std::string> uut_heard;
};

TEST_F(ControllerBridgeKernelTest, FramesGoBothWaysAtTheRateThatTheRigSets) {
    ASSERT_TRUE(wait([this] { return node().bit_rate(1) == 250'000; })) << "as the rig began";
    connect_uut(125'000);
    rig_side().set_bit_rate(1, 125'000);
    ASSERT_TRUE(wait([this] { return node().bit_rate(1) == 125'000; }));
    uut_sends("351#0102");
    ASSERT_TRUE(wait([this] { return !heard.empty(); }));
    EXPECT_THAT(heard, ElementsAre("351#0102"));
    rig_side().send(1, can_frame_from("305#00").value());
    ASSERT_TRUE(wait([this] { return !uut_heard.empty(); }));
    EXPECT_THAT(uut_heard, ElementsAre("305#00"));
    EXPECT_EQ(node().counts(1).error_frames, 0U);
}

TEST_F(ControllerBridgeKernelTest, ANodeAtAnotherRateHearsNothingAndDisturbs) {
    connect_uut(500'000);
    uut_sends("351#01");
    ASSERT_TRUE(wait([this] { return node().counts(1).error_frames > 0; }));
    EXPECT_TRUE(heard.empty());
    rig_side().set_bit_rate(1, 500'000);
    ASSERT_TRUE(wait([this] { return !heard.empty(); })) << "the UUT sends it again and again";
}

TEST_F(ControllerBridgeKernelTest, ANodeThatOnlyListensHearsWhatIsAtItsRate) {
    connect_uut(500'000);
    rig_side().set_listen_only(1, true);
    ASSERT_TRUE(wait([this] { return node().settings(1).bit_rate == 0; }));
    uut_sends("351#01");
    ASSERT_TRUE(wait([this] { return node().counts(1).received == 1; })) << "acknowledged for it";
    rig_side().set_bit_rate(1, 500'000);
    ASSERT_TRUE(wait([this] { return make_can_link(names[0])->look().bit_rate == 500'000; }));
    static_cast<void>(bench.reactor.wait([] { return false; }, 10ms));  // the news of it
    uut_sends("352#02");
    ASSERT_TRUE(wait([this] { return !heard.empty(); }));
    EXPECT_THAT(heard, ElementsAre("352#02"));
}

}  // namespace
}  // namespace bmsrig
