#include "drivers/socketcan/socketcan_adapter.h"

#include <gtest/gtest.h>
#include <linux/can/error.h>

#include "drivers/can/frame_length.h"
#include "drivers/contract/workbench.h"
#include "drivers/socketcan/can_filters.h"
#include "drivers/socketcan/scripted_can.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

constexpr Instant at_1ms{1ms};
constexpr Instant at_2ms{2ms};

class SocketCanAdapterTest : public testing::Test {
  protected:
    SocketCanAdapterTest() {
        setup.instrument = "can";
        setup.interface = "can0";
    }
    CanAdapter& adapter() {
        if (!made) {
            std::vector<CanPort> ports;
            ports.push_back(scripted_port(can, link));
            made = make_socketcan_adapter({"can", serial_number, "", holds}, {setup},
                                          std::move(ports), scheduler);
            auto& as_can = dynamic_cast<CanAdapter&>(*made);
            as_can.on_event([this](int channel, const CanEvent& event) {
                EXPECT_EQ(channel, 1);
                events.push_back(event);
            });
        }
        return dynamic_cast<CanAdapter&>(*made);
    }
    void send(const std::vector<std::string>& frames) {
        for (const std::string& each : frames) adapter().send(1, frame(each));
    }
    void expect(const std::vector<std::string>& frames) {
        for (const std::string& each : frames) can.expect(each);
    }
    void begin_test() {
        scheduler.restart();
        adapter().restart(1);
    }
    /// What making or using it says, which must name the instrument and the interface.
    template <typename Problem, typename Action>
    static std::string said(const Action& action) {
        const std::string text = text_of<Problem>(action);
        EXPECT_NE(text.find("\"can\""), std::string::npos) << text;
        EXPECT_NE(text.find("can0"), std::string::npos) << text;
        return text;
    }
    static CanFrame frame(const std::string& text) { return can_frame_from(text).value(); }
    static can_frame error(const CanErrorReport& report) { return error_frame(report); }

    CanScript can;
    LinkScript link;
    SocketCanSetup setup;
    bool holds = false;
    std::string serial_number;
    Scheduler scheduler;
    std::vector<CanEvent> events;
    std::unique_ptr<Instrument> made;
};

TEST_F(SocketCanAdapterTest, TellsOfEveryFrameWithItsTimeAndHowLongItTook) {
    adapter();
    can.arrive("351#0102030405060708", at_1ms);
    can.arrive("1806E5F4#01", at_2ms);
    can.arrive("305#R", at_2ms);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kind, CanEvent::Kind::received);
    EXPECT_EQ(events[0].time, at_1ms);
    EXPECT_EQ(to_string(events[0].frame), "351#0102030405060708");
    // 111 bits without stuffing at 4 us each.
    EXPECT_GE(events[0].on_wire, 444us);
    EXPECT_LE(events[0].on_wire, 444us + 24 * 4us);
    EXPECT_EQ(to_string(events[1].frame), "1806E5F4#01");
    EXPECT_EQ(to_string(events[2].frame), "305#R");
    EXPECT_EQ(adapter().counts(1).received, 3U);
    EXPECT_EQ(adapter().counts(1).sent, 0U);
    EXPECT_EQ(adapter().counts(1).busy, events[0].on_wire + events[1].on_wire + events[2].on_wire);
}

TEST_F(SocketCanAdapterTest, CountsAFrameAsSentWhenItHasLeft) {
    can.expect("305#0000000000000000");
    adapter().send(1, frame("305#0000000000000000"));
    EXPECT_EQ(adapter().counts(1).sent, 0U);
    EXPECT_TRUE(events.empty());
    can.arrive("305#0000000000000000", at_1ms, true);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, CanEvent::Kind::sent);
    EXPECT_TRUE(events[0].own);
    EXPECT_EQ(events[0].time, at_1ms);
    EXPECT_EQ(adapter().counts(1).sent, 1U);
    EXPECT_EQ(adapter().counts(1).received, 0U);
}

// What the kernel has cannot be taken back.
TEST_F(SocketCanAdapterTest, HandsTheKernelFourFramesAndTheNextWhenOneHasLeft) {
    for (const char* each : {"001#", "002#", "003#", "004#"}) can.expect(each);
    for (const char* each : {"001#", "002#", "003#", "004#", "005#", "006#"}) {
        adapter().send(1, frame(each));
    }
    can.expect("005#");
    can.arrive("001#", at_1ms, true);
    adapter().make_safe();
    can.arrive("002#", at_2ms, true);  // 006# was given up
    EXPECT_EQ(adapter().counts(1).sent, 2U);
}

TEST_F(SocketCanAdapterTest, SendsInATestWhatWasSentInItAlone) {
    expect({"001#", "002#", "003#", "004#"});
    send({"001#", "002#", "003#", "004#", "005#"});
    begin_test();
    can.arrive("001#", at_1ms, true);  // 005# is not sent
    expect({"006#"});
    send({"006#"});
}

TEST_F(SocketCanAdapterTest, GoesOnSendingWhenItIsMadeSafeWhereTheBenchFileSaysSo) {
    holds = true;
    expect({"001#", "002#", "003#", "004#"});
    send({"001#", "002#", "003#", "004#", "005#"});
    adapter().make_safe();
    expect({"005#"});
    can.arrive("001#", at_1ms, true);
}

TEST_F(SocketCanAdapterTest, TriesAgainInTheNextTestToo) {
    can.has_room = false;
    send({"001#"});
    begin_test();
    send({"002#"});
    can.has_room = true;
    expect({"002#"});
    scheduler.run_until(at_1ms);
}

TEST_F(SocketCanAdapterTest, TriesAgainWhenTheQueueOfTheKernelIsFull) {
    can.has_room = false;
    adapter().send(1, frame("001#"));
    scheduler.run_until(Instant{3ms});
    can.has_room = true;
    can.expect("001#");
    scheduler.run_until(Instant{4ms});
}

TEST_F(SocketCanAdapterTest, LetsAFrameTakeThePlaceOfOneThatCannotLeave) {
    for (const char* each : {"001#01", "002#", "003#", "004#"}) can.expect(each);
    for (const char* each : {"001#01", "002#", "003#", "004#", "001#02"}) {
        adapter().send(1, frame(each));
    }
    CanErrorReport unheard;
    unheard.error = CanError::acknowledge;
    unheard.is_own = true;
    can.arrive(error(unheard), at_1ms);
    adapter().send(1, frame("001#03"));
    can.expect("001#03");
    can.arrive("001#01", at_2ms, true);
}

// Identifier 0x005 of 11 bits is another one than that of 29 bits.
TEST_F(SocketCanAdapterTest, LetsNoFrameTakeThePlaceOfAnotherLengthOfIdentifier) {
    expect({"001#", "002#", "003#", "004#"});
    send({"001#", "002#", "003#", "004#", "005#01"});
    CanErrorReport unheard;
    unheard.error = CanError::acknowledge;
    unheard.is_own = true;
    can.arrive(error(unheard), at_1ms);
    send({"00000005#02"});
    expect({"005#01", "00000005#02"});
    can.arrive("001#", at_2ms, true);
    can.arrive("002#", at_2ms, true);
}

// A bus on which one frame has left takes all of them, in a later test as well.
TEST_F(SocketCanAdapterTest, LetsFramesTakePlacesOnlyWhileNoneLeaves) {
    CanErrorReport unheard;
    unheard.error = CanError::acknowledge;
    unheard.is_own = true;
    expect({"001#", "002#", "003#", "004#"});
    send({"001#", "002#", "003#", "004#"});
    can.arrive(error(unheard), at_1ms);
    expect({"005#01"});
    send({"005#01"});
    can.arrive("001#", at_2ms, true);
    send({"006#01", "006#02"});
    expect({"006#01", "006#02"});
    can.arrive("002#", at_2ms, true);
    can.arrive("003#", at_2ms, true);
    can.arrive(error(unheard), at_2ms);
    begin_test();
    send({"007#01", "007#02"});
    expect({"007#01", "007#02"});
    can.arrive("004#", at_1ms, true);
    can.arrive("005#01", at_1ms, true);
}

TEST_F(SocketCanAdapterTest, RefusesMoreFramesThanAnyTransmitterKeeps) {
    can.has_room = false;
    for (std::size_t i = 0; i < SocketCanBus::longest_queue; ++i) adapter().send(1, frame("001#"));
    const std::string text = said<InputError>([&] { adapter().send(1, frame("001#")); });
    EXPECT_NE(text.find("10000 frames"), std::string::npos) << text;
}

TEST_F(SocketCanAdapterTest, TellsOfErrorFramesAndCountsThem) {
    adapter();
    CanErrorReport report;
    report.error = CanError::acknowledge;
    report.is_own = true;
    report.has_counters = true;
    report.transmit_errors = 8;
    can.arrive(error(report), at_1ms);
    report = {};
    report.error = CanError::coding;
    can.arrive(error(report), at_2ms);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, CanEvent::Kind::error);
    EXPECT_EQ(events[0].error, CanError::acknowledge);
    EXPECT_TRUE(events[0].own);
    EXPECT_EQ(events[0].on_wire, 17 * 4us);
    EXPECT_EQ(events[1].error, CanError::coding);
    EXPECT_FALSE(events[1].own);
    const CanBusCounts counts = adapter().counts(1);
    EXPECT_EQ(counts.error_frames, 2U);
    EXPECT_EQ(counts.unacknowledged, 1U);
    EXPECT_EQ(counts.retransmissions, 1U);
    EXPECT_EQ(counts.transmit_errors, 8);
}

TEST_F(SocketCanAdapterTest, FollowsTheStateOfItsNode) {
    adapter();
    CanErrorReport report;
    for (const CanState state :
         {CanState::error_passive, CanState::bus_off, CanState::error_active}) {
        report.state = state;
        can.arrive(error(report), at_1ms);
        EXPECT_EQ(adapter().state(1), state);
    }
    EXPECT_TRUE(events.empty()) << "nothing stood on the bus";
}

TEST_F(SocketCanAdapterTest, BeginsWithTheStateThatTheInterfaceIsIn) {
    link.state.state = CanState::error_passive;
    EXPECT_EQ(adapter().state(1), CanState::error_passive);
    link.state.state = CanState::error_active;
    begin_test();
    EXPECT_EQ(adapter().state(1), CanState::error_active);
}

TEST_F(SocketCanAdapterTest, LeavesBusOffOnRequest) {
    adapter().recover(1);
    EXPECT_TRUE(link.done.empty()) << "it is not off the bus";
    CanErrorReport off;
    off.state = CanState::bus_off;
    can.arrive(error(off), at_1ms);
    adapter().recover(1);
    EXPECT_EQ(link.done, std::vector<std::string>{"restart"});
    link.restart_error = EBUSY;
    adapter().recover(1);  // it does so by itself
    link.restart_error = EPERM;
    const std::string text = said<InstrumentError>([&] { adapter().recover(1); });
    EXPECT_NE(text.find("no permission"), std::string::npos) << text;
    EXPECT_NE(text.find("restart-ms"), std::string::npos) << text;
}

// The kernel takes frames for a node that is off the bus, and drops them.
TEST_F(SocketCanAdapterTest, KeepsItsFramesUntilItsNodeIsBackOnTheBus) {
    for (const char* each : {"001#", "002#", "003#", "004#"}) can.expect(each);
    for (const char* each : {"001#", "002#", "003#", "004#", "005#"}) {
        adapter().send(1, frame(each));
    }
    CanErrorReport report;
    report.state = CanState::bus_off;
    can.arrive(error(report), at_1ms);
    adapter().send(1, frame("006#"));
    for (const char* each : {"005#", "006#"}) can.expect(each);
    report.state = CanState::error_active;
    can.arrive(error(report), at_2ms);
}

TEST_F(SocketCanAdapterTest, IsBackOnTheBusWhenItsInterfaceWasSetAnew) {
    setup.bit_rate = 250'000;
    setup.may_configure = true;
    adapter();
    CanErrorReport off;
    off.state = CanState::bus_off;
    can.arrive(error(off), at_1ms);
    adapter().send(1, frame("001#"));
    can.expect("001#");
    adapter().set_bit_rate(1, 500'000);
    EXPECT_EQ(adapter().state(1), CanState::error_active);
}

TEST_F(SocketCanAdapterTest, NamesHowManyFramesTheKernelDropped) {
    adapter();
    can.arrive("001#", at_1ms, false, 0);
    const std::string text = said<InstrumentError>([&] { can.arrive("002#", at_2ms, false, 12); });
    EXPECT_NE(text.find("dropped 12 frames"), std::string::npos) << text;
    EXPECT_NE(text.find("0.002 s"), std::string::npos) << text;
    can.arrive("003#", at_2ms, false, 12);  // no more were lost since
    EXPECT_EQ(adapter().counts(1).received, 3U);
    CanErrorReport overflown;
    overflown.has_overflown = true;
    EXPECT_NE(said<InstrumentError>([&] {
                  can.arrive(error(overflown), at_2ms);
              }).find("controller lost frames"),
              std::string::npos);
}

TEST_F(SocketCanAdapterTest, NamesAnInterfaceThatGoesDownAndIsBackInTheNextTest) {
    setup.bit_rate = 250'000;
    adapter();
    const std::string text = said<InstrumentError>([&] { can.fail(ENETDOWN); });
    EXPECT_NE(text.find("sudo ip link set can0 up type can bitrate 250000"), std::string::npos)
        << text;
    said<InstrumentError>([&] { adapter().send(1, frame("001#")); });
    adapter().restart(1);
    EXPECT_EQ(can.opened, 2);
    can.expect("001#");
    adapter().send(1, frame("001#"));
}

TEST_F(SocketCanAdapterTest, SaysInEveryCallThatItsAdapterWasPulledOut) {
    adapter();
    for (const auto& text : {said<InstrumentError>([&] { can.fail(ENODEV); }),
                             said<InstrumentError>([&] { adapter().send(1, frame("001#")); })}) {
        EXPECT_NE(text.find("there is no CAN interface \"can0\""), std::string::npos) << text;
        EXPECT_NE(text.find("plug the adapter in"), std::string::npos) << text;
    }
    link.look_error = ENODEV;  // nor is it there in the next test
    EXPECT_NE(
        said<InstrumentError>([&] { adapter().restart(1); }).find("there is no CAN interface"),
        std::string::npos);
    link.look_error = 0;
    adapter().restart(1);
    EXPECT_EQ(can.opened, 2);
}

// Nobody's test has failed.
TEST_F(SocketCanAdapterTest, FindsAnAdapterAgainThatWasPulledOutBetweenTwoTests) {
    adapter();
    can.fail_unseen(ENODEV);
    adapter().restart(1);
    EXPECT_EQ(can.opened, 2);
    can.arrive("001#", at_1ms);
    EXPECT_EQ(events.size(), 1U);
}

TEST_F(SocketCanAdapterTest, SaysHowToMendAnInterfaceThatIsNotAsExpected) {
    setup.bit_rate = 250'000;
    link.state.is_up = false;
    EXPECT_NE(said<InstrumentError>([&] { adapter(); }).find("is down; set it with \"sudo ip link"),
              std::string::npos);
    link.state = {.is_up = true, .kind = "can", .bit_rate = 500'000};
    EXPECT_NE(said<InstrumentError>([&] {
                  adapter();
              }).find("works at 500000 bit/s, expected 250000 bit/s"),
              std::string::npos);
    link.state = {.is_up = true, .kind = "can", .bit_rate = 250'000, .is_listen_only = true};
    EXPECT_NE(said<InstrumentError>([&] { adapter(); }).find("only listens"), std::string::npos);
    link.look_error = ENODEV;
    EXPECT_NE(said<InstrumentError>([&] { adapter(); }).find("there is no CAN interface \"can0\""),
              std::string::npos);
    EXPECT_EQ(can.opened, 0);
    EXPECT_TRUE(link.done.empty()) << "the rig may not set it";
}

TEST_F(SocketCanAdapterTest, SetsTheInterfaceWhereItMay) {
    setup.bit_rate = 500'000;
    setup.may_configure = true;
    EXPECT_EQ(adapter().bit_rate(1), 500'000U);
    adapter().set_bit_rate(1, 125'000);
    EXPECT_EQ(adapter().bit_rate(1), 125'000U);
    adapter().set_listen_only(1, true);
    EXPECT_TRUE(adapter().settings(1).listen_only);
    adapter().restart(1);
    EXPECT_FALSE(adapter().settings(1).listen_only);
    EXPECT_EQ(adapter().bit_rate(1), 500'000U);
    EXPECT_EQ(link.done,
              (std::vector<std::string>{"500000", "125000", "125000 listen-only", "500000"}));
}

TEST_F(SocketCanAdapterTest, EndsListenOnlyThatSomebodyLeftOn) {
    setup.bit_rate = 250'000;
    setup.may_configure = true;
    link.state.is_listen_only = true;
    adapter();
    EXPECT_EQ(link.done, std::vector<std::string>{"250000"});
    adapter().set_listen_only(1, true);
    const int before = can.opened;
    begin_test();
    EXPECT_FALSE(link.state.is_listen_only);
    EXPECT_EQ(can.opened, before + 1) << "a socket sees the interface go down for that";
}

// A new socket has sent nothing, and counts from zero.
TEST_F(SocketCanAdapterTest, KnowsNothingOfTheSocketBefore) {
    setup.bit_rate = 250'000;
    setup.may_configure = true;
    adapter();
    said<InstrumentError>([&] { can.arrive("001#", at_1ms, false, 12); });
    adapter().set_bit_rate(1, 500'000);
    can.arrive("002#", at_1ms, false, 0);
    said<InstrumentError>([&] { can.arrive("003#", at_2ms, false, 7); });
    expect({"001#", "002#", "003#", "004#"});
    send({"001#", "002#", "003#", "004#"});
    said<InstrumentError>([&] { can.fail(ENODEV); });
    begin_test();
    can.arrive("004#", at_1ms, false, 0);
    expect({"005#", "006#", "007#", "008#"});
    send({"005#", "006#", "007#", "008#"});
}

TEST_F(SocketCanAdapterTest, SendsWhatWaitedOnceItNoLongerListens) {
    setup.bit_rate = 250'000;
    setup.may_configure = true;
    can.expect("001#");
    adapter().send(1, frame("001#"));
    adapter().set_listen_only(1, true);
    EXPECT_NE(said<InputError>([&] { adapter().send(1, frame("002#")); }).find("only listens"),
              std::string::npos);
    can.expect("001#");  // it had not left
    adapter().set_listen_only(1, false);
}

TEST_F(SocketCanAdapterTest, CannotSetTheInterfaceWhereItMayNot) {
    EXPECT_NE(
        said<BenchCannot>([&] { adapter().set_bit_rate(1, 500'000); }).find("set_bit_rate: yes"),
        std::string::npos);
    said<BenchCannot>([&] { adapter().set_listen_only(1, true); });
    adapter().set_bit_rate(1, 250'000);  // which it has
    adapter().set_bit_rate(1, 0);
    EXPECT_EQ(adapter().bit_rate(1), 250'000U);
    EXPECT_FALSE(adapter().settings(1).listen_only);
}

TEST_F(SocketCanAdapterTest, NamesTheAbilityThatAControllerLacks) {
    setup.bit_rate = 250'000;
    setup.may_configure = true;
    adapter();
    link.configure_error = EOPNOTSUPP;
    try {
        adapter().set_listen_only(1, true);
        FAIL() << "it listens";
    } catch (const BenchCannot& problem) {
        EXPECT_EQ(problem.ability(), "can_listen_only");
    }
}

TEST_F(SocketCanAdapterTest, TakesTheBitRateOfTheBenchFileWhereTheInterfaceHasNone) {
    setup.bit_rate = 500'000;
    link.state = {.is_up = true, .kind = "vcan"};
    adapter();
    can.arrive("351#0102030405060708", at_1ms);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_GE(events[0].on_wire, 222us);
    EXPECT_LE(events[0].on_wire, 222us + 24 * 2us);
    EXPECT_TRUE(link.done.empty());
}

TEST_F(SocketCanAdapterTest, ForgetsWhatCameBeforeTheTestBegan) {
    adapter();
    can.arrive("001#", at_2ms);
    adapter().restart(1);
    can.arrive("002#", Instant{-1ms});
    CanErrorReport unheard;
    unheard.error = CanError::acknowledge;
    can.arrive(error(unheard), Instant{-1ms});
    can.arrive("003#", at_1ms);
    EXPECT_EQ(adapter().counts(1).received, 1U);
    EXPECT_EQ(adapter().counts(1).error_frames, 0U);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(to_string(events[1].frame), "003#");
    EXPECT_EQ(events[1].time, at_1ms);
    EXPECT_EQ(can.opened, 1);
}

TEST_F(SocketCanAdapterTest, TellsInTheOrderOfTime) {
    adapter();
    can.arrive("001#", at_2ms);
    can.arrive("002#", at_1ms);  // stamped by another clock
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].time, at_2ms);
}

TEST_F(SocketCanAdapterTest, RefusesToSendWhatItsFiltersHide) {
    setup.filters = parse_can_filters("351:7FF");
    const std::string text = said<InputError>([&] { adapter().send(1, frame("305#")); });
    EXPECT_NE(text.find("305#"), std::string::npos) << text;
    EXPECT_NE(text.find("\"filters\""), std::string::npos) << text;
}

TEST_F(SocketCanAdapterTest, RefusesBitRatesThatCanDoesNotHave) {
    setup.may_configure = true;
    for (const std::uint32_t rate : {9'999U, 1'000'001U}) {
        EXPECT_NE(text_of<RatingError>([&] {
                      adapter().set_bit_rate(1, rate);
                  }).find("cannot work at " + std::to_string(rate)),
                  std::string::npos);
    }
    EXPECT_TRUE(link.done.empty());
}

// An interface with nothing behind it has its own name for a serial number.
TEST_F(SocketCanAdapterTest, RefusesAnotherAdapterThanThatOfTheBenchFile) {
    setup.interface = "can0.not_of_this_machine";
    serial_number = setup.interface;
    EXPECT_EQ(adapter().identify().serial, setup.interface);
    made.reset();
    serial_number = "017A42";
    EXPECT_NE(said<InstrumentError>([&] { adapter().identify(); }).find("expected \"017A42\""),
              std::string::npos);
}

TEST_F(SocketCanAdapterTest, CannotBreakItsBus) {
    adapter().set_fault(1, CanFault::none);
    try {
        adapter().set_fault(1, CanFault::open);
        FAIL() << "no adapter can";
    } catch (const BenchCannot& problem) {
        EXPECT_EQ(problem.ability(), "can_faults");
    }
}

std::string refusal(const Options& options) {
    Reactor reactor;
    Scheduler scheduler;
    return text_of<InputError>([&] {
        make_instrument(spec_of("can", "socketcan_adapter", options), {scheduler, 1, &reactor});
    });
}

TEST(SocketCanOptions, AreRefusedWithTheInstrument) {
    for (const auto& [options, naming] : std::vector<std::pair<Options, std::string>>{
             {{}, "interfaces: can0"},
             {{{"interfaces", "can0"}, {"bit_rate", "5"}}, "2: bit_rate is 5; expected 0"},
             {{{"interfaces", "can0"}, {"set_bit_rate", "yes"}}, "bit_rate: 250000"},
             {{{"interfaces", "can0"}, {"set_bit_rate", "maybe"}}, "expected no or yes"},
             {{{"interfaces", "can0"}, {"filters", "x"}}, "no filter of CAN frames"},
             {{{"interfaces", "can0"}, {"safe", "on"}}, "expected off or hold"}}) {
        const std::string text = refusal(options);
        EXPECT_NE(text.find("bench.yaml:1"), std::string::npos) << text;
        EXPECT_NE(text.find(naming), std::string::npos) << text;
    }
}

TEST(SocketCanOptions, AreOfNoUseInVirtualTime) {
    Scheduler scheduler;
    const std::string text = text_of<InputError>([&] {
        make_instrument(spec_of("can", "socketcan_adapter", {{"interfaces", "can0"}}),
                        {scheduler, 1});
    });
    EXPECT_NE(text.find("clock: real"), std::string::npos) << text;
}

}  // namespace
}  // namespace bmsrig
