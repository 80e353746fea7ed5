#include "drivers/instrument_server/socketcan_bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/instrument_server/bridge_test_bench.h"
#include "drivers/socketcan/error_frame.h"
#include "drivers/socketcan/scripted_can.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SocketCanBridgeTest : public testing::Test {
  protected:
    SocketCanBridgeTest()
        : adapter(
              make_instrument(spec_of("can", "virtual_can_adapter", {}), {bench.scheduler, 1})) {}
    Bridge& bridge(const Options& options = {{"interfaces", "vcan0"}}) {
        InstrumentSpec serve = spec_of("can", "socketcan_adapter", options);
        made = make_socketcan_adapter_bridge(serve, *adapter, bench.context,
                                             {[this](const std::string& interface) {
                                                  opened.push_back(interface);
                                                  return std::make_unique<ScriptedSocket>(vcan);
                                              },
                                              [this](const std::string& interface) {
                                                  linked.push_back(interface);
                                                  return std::make_unique<ScriptedLink>(link);
                                              }});
        serve.finish();
        return *made;
    }
    CanTerminals& uut() { return dynamic_cast<CanTerminals&>(*adapter); }
    static CanFrame frame(const std::string& text) { return can_frame_from(text).value(); }
    CanInterfaces keeping(std::vector<can_frame>& told);

    BridgeTestBench bench;
    CanScript vcan;
    LinkScript link;
    std::vector<std::string> opened;
    std::vector<std::string> linked;
    std::unique_ptr<Instrument> adapter;
    std::unique_ptr<Bridge> made;
    std::vector<std::string> uut_heard;
};

TEST_F(SocketCanBridgeTest, CarriesFramesBothWays) {
    bridge();
    uut().connect(1, 500'000,
                  [this](const CanFrame& heard) { uut_heard.push_back(to_string(heard)); });
    uut().transmit(1, frame("351#0102"));
    bench.run(50us);  // it takes 110 us at least
    vcan.expect("351#0102");
    bench.run(1ms);
    vcan.arrive("305#00", Instant{1ms});
    EXPECT_EQ(bench.caught_up, 1) << "before the virtual bus was used";
    EXPECT_TRUE(uut_heard.empty()) << "it has not stood on the bus yet";
    vcan.arrive("18FF50E5#R", Instant{1ms});
    bench.run(1ms);
    EXPECT_EQ(uut_heard, (std::vector<std::string>{"305#00", "18FF50E5#R"}));
}

TEST_F(SocketCanBridgeTest, LeavesItsOwnFramesAndErrorFramesAlone) {
    bridge();
    uut().connect(1, 500'000,
                  [this](const CanFrame& heard) { uut_heard.push_back(to_string(heard)); });
    vcan.arrive("351#00", Instant{}, true);
    vcan.arrive(error_frame({.error = CanError::bit}), Instant{});
    bench.run(10ms);
    EXPECT_TRUE(uut_heard.empty());
    EXPECT_EQ(bench.caught_up, 0);
}

TEST_F(SocketCanBridgeTest, KeepsFramesWhileTheKernelHasNoRoom) {
    bridge();
    uut().connect(1, 500'000, [](const CanFrame&) {});
    vcan.has_room = false;
    uut().transmit(1, frame("351#01"));
    uut().transmit(1, frame("352#02"));
    bench.run(1ms);
    vcan.has_room = true;
    vcan.expect("351#01");
    vcan.expect("352#02");
    made->pass();
}

/// Takes whatever is sent and keeps it.
class KeepingSocket final : public CanSocket {
  public:
    KeepingSocket(std::vector<can_frame>& kept, CanScript& script) : kept_(kept), inner_(script) {}
    void on_ready(std::function<void()> ready) override { inner_.on_ready(std::move(ready)); }
    std::optional<CanArrival> take() override { return inner_.take(); }
    void check() override { inner_.check(); }
    bool put(const can_frame& frame) override {
        kept_.push_back(frame);
        return true;
    }
    [[nodiscard]] int descriptor() const override { return inner_.descriptor(); }

  private:
    std::vector<can_frame>& kept_;
    ScriptedSocket inner_;
};

CanInterfaces SocketCanBridgeTest::keeping(std::vector<can_frame>& told) {
    return {[&](const std::string&) { return std::make_unique<KeepingSocket>(told, vcan); },
            [this](const std::string&) { return std::make_unique<ScriptedLink>(link); }};
}

// Nobody is there to acknowledge: 16 times 8 errors make the rig's node error passive.
TEST_F(SocketCanBridgeTest, TellsOfErrorsAndOfTheStateOfTheNode) {
    std::vector<can_frame> told;
    InstrumentSpec serve = spec_of("can", "socketcan_adapter", {{"interfaces", "vcan0"}});
    dynamic_cast<CanAdapter&>(*adapter).set_bit_rate(1, 250'000);
    made = make_socketcan_adapter_bridge(serve, *adapter, bench.context, keeping(told));
    vcan.arrive("305#00", Instant{});
    bench.run(50ms);
    ASSERT_GE(told.size(), 16U);
    for (std::size_t i = 0; i < 16; ++i) {
        const CanErrorReport report = read_error_frame(told[i]);
        EXPECT_EQ(report.error, CanError::acknowledge);
        EXPECT_TRUE(report.is_own);
        EXPECT_EQ(report.transmit_errors, 8 * static_cast<int>(i + 1));
        EXPECT_EQ(report.state, i == 15 ? std::optional(CanState::error_passive) : std::nullopt);
    }
    EXPECT_EQ(dynamic_cast<CanAdapter&>(*adapter).state(1), CanState::error_passive);
}

TEST_F(SocketCanBridgeTest, ComesBackFromBusOffByItself) {
    std::vector<can_frame> told;
    InstrumentSpec serve = spec_of("can", "socketcan_adapter", {{"interfaces", "vcan0"}});
    auto& node = dynamic_cast<CanAdapter&>(*adapter);
    node.set_bit_rate(1, 250'000);
    made = make_socketcan_adapter_bridge(serve, *adapter, bench.context, keeping(told));
    node.set_fault(1, CanFault::short_circuit);
    vcan.arrive("305#00", Instant{});
    bench.run(10ms);
    node.set_fault(1, CanFault::none);
    const auto off = std::ranges::find_if(told, [](const can_frame& raw) {
        return read_error_frame(raw).state == CanState::bus_off;
    });
    EXPECT_NE(off, told.end());
    bench.run(100ms);
    EXPECT_NE(node.state(1), CanState::bus_off);
}

TEST_F(SocketCanBridgeTest, SaysHowTheRigFindsIt) {
    const ServedAs served = bridge({{"interfaces", "vcan0"}, {"bit_rate", "500000"}}).served_as();
    EXPECT_EQ(served.driver, "socketcan_adapter");
    EXPECT_EQ(served.address, "vcan0");
    EXPECT_THAT(served.options, testing::ElementsAre(testing::Pair("interfaces", "vcan0"),
                                                     testing::Pair("bit_rate", "500000")));
    EXPECT_THAT(served.cannot,
                testing::UnorderedElementsAre("can_faults", "can_bit_rate", "can_listen_only"));
    EXPECT_EQ(opened, std::vector<std::string>{"vcan0"});
    EXPECT_TRUE(linked.empty()) << "nothing is to be set there";
}

TEST_F(SocketCanBridgeTest, RefusesTooFewInterfacesAndOtherInstruments) {
    const auto said = [this](Instrument& instrument) {
        InstrumentSpec serve = spec_of("can", "socketcan_adapter", {});
        return text_of<InputError>([&] {
            static_cast<void>(make_socketcan_adapter_bridge(serve, instrument, bench.context));
        });
    };
    EXPECT_THAT(said(*adapter), HasSubstr("bench.yaml:10: serve.can: its interfaces are 0"));
    const auto meter = make_instrument(spec_of("meter", "virtual_meter", {}), {bench.scheduler, 1});
    EXPECT_THAT(said(*meter), HasSubstr("\"meter\" is no CAN adapter"));
}

/// The rig at can0, the bridge at can1.
class ControllerBridgeTest : public SocketCanBridgeTest {
  protected:
    static Options options() {
        return {{"interfaces", "can0"}, {"far_ends", "can1"}, {"bit_rate", "250000"}};
    }
    /// As the rig does it through the kernel.
    void rig_sets(std::uint32_t bit_rate, bool listen_only = false) {
        link.state.bit_rate = bit_rate;
        link.state.is_listen_only = listen_only;
        link.changed();
    }
    void connect_uut(std::uint32_t bit_rate) {
        uut().connect(1, bit_rate,
                      [this](const CanFrame& heard) { uut_heard.push_back(to_string(heard)); });
    }
    CanSettings settings() { return dynamic_cast<CanAdapter&>(*adapter).settings(1); }
    std::string refusal_of(const Options& options) {
        return text_of<InputError>([&] { bridge(options); });
    }
};

TEST_F(ControllerBridgeTest, StandsAtTheFarEndAndSaysThatTheRigMaySetItsOwn) {
    const ServedAs served = bridge(options()).served_as();
    EXPECT_EQ(opened, std::vector<std::string>{"can1"});
    EXPECT_EQ(linked, std::vector<std::string>{"can0"});
    EXPECT_EQ(served.address, "can0, far end can1");
    EXPECT_THAT(served.options, testing::ElementsAre(testing::Pair("interfaces", "can0"),
                                                     testing::Pair("bit_rate", "250000"),
                                                     testing::Pair("set_bit_rate", "yes")));
    EXPECT_THAT(served.cannot, testing::ElementsAre("can_faults"));
}

TEST_F(ControllerBridgeTest, FollowsTheBitRateOfTheRig) {
    bridge(options());
    EXPECT_EQ(settings().bit_rate, 250'000U) << "as it stands when serving begins";
    connect_uut(500'000);
    uut().transmit(1, frame("351#01"));
    bench.run(20ms);  // the script expects no frame: the rig does not understand it
    vcan.expect("351#01");
    rig_sets(500'000);
    EXPECT_EQ(bench.caught_up, 1) << "what came before was at the former rate";
    bench.run(20ms);
    EXPECT_EQ(settings().bit_rate, 500'000U);
}

TEST_F(ControllerBridgeTest, KnowsTheRateOfAFrameThatComesBeforeTheNewsOfIt) {
    bridge(options());
    connect_uut(125'000);
    link.state.bit_rate = 125'000;
    vcan.arrive("305#00", Instant{});
    bench.run(20ms);
    EXPECT_EQ(uut_heard, std::vector<std::string>{"305#00"});
}

TEST_F(ControllerBridgeTest, AcknowledgesInPlaceOfARigThatOnlyListens) {
    bridge(options());
    connect_uut(500'000);
    rig_sets(250'000, true);
    uut().transmit(1, frame("351#01"));
    bench.run(20ms);  // the script expects no frame: it is at another rate
    EXPECT_EQ(dynamic_cast<CanAdapter&>(*adapter).counts(1).error_frames, 0U);
    rig_sets(500'000, true);
    vcan.expect("352#02");  // once: it was acknowledged
    uut().transmit(1, frame("352#02"));
    bench.run(20ms);
    rig_sets(250'000);
    EXPECT_EQ(settings().bit_rate, 250'000U);
    uut().transmit(1, frame("353#03"));
    bench.run(20ms);
    EXPECT_GE(dynamic_cast<CanAdapter&>(*adapter).counts(1).error_frames, 16U)
        << "a node at another rate disturbs";
}

TEST_F(ControllerBridgeTest, KeepsItsSettingsWhileTheInterfaceIsDown) {
    bridge(options());
    link.state.is_up = false;
    rig_sets(500'000);
    EXPECT_EQ(settings().bit_rate, 250'000U);
    link.state.is_up = true;
    rig_sets(500'000);
    EXPECT_EQ(settings().bit_rate, 500'000U);
}

// A controller would send an error frame of the kernel as one with data.
TEST_F(ControllerBridgeTest, SendsNoErrorFrames) {
    bridge(options());
    vcan.arrive("305#00", Instant{});
    bench.run(50ms);  // nobody acknowledges it, and the script expects nothing
    EXPECT_GE(dynamic_cast<CanAdapter&>(*adapter).counts(1).error_frames, 16U);
}

TEST_F(ControllerBridgeTest, RefusesWhatIsNoPairOfControllers) {
    EXPECT_THAT(refusal_of({{"interfaces", "can0"}, {"far_ends", "can1"}}),
                HasSubstr("serve.can: it does not say at which bit rate the rig begins"));
    EXPECT_THAT(
        refusal_of({{"interfaces", "can0"}, {"far_ends", "can0"}, {"bit_rate", "250000"}}),
        HasSubstr("bench.yaml:10: serve.can: both ends of channel 1 are can0; expected two"));
    EXPECT_THAT(refusal_of({{"interfaces", "can0"}, {"far_ends", "can1 can2"}}),
                HasSubstr("its far_ends are 2; expected one for each of its 1 channels"));
    link.state.kind = "vcan";
    EXPECT_THAT(text_of<InstrumentError>([&] { bridge(options()); }),
                HasSubstr("channel 1: can0 is of the kind \"vcan\", which has no bit rate"));
}

TEST_F(ControllerBridgeTest, NamesAnInterfaceThatIsNotThere) {
    link.look_error = ENODEV;
    EXPECT_THAT(text_of<InstrumentError>([&] { bridge(options()); }),
                HasSubstr("channel 1: there is no CAN interface \"can0\""));
}

}  // namespace
}  // namespace bmsrig
