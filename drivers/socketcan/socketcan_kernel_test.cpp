// The driver of CAN adapters against the kernel: virtual interfaces, and two controllers on a bus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "drivers/contract/workbench.h"
#include "drivers/socketcan/can_link.h"
#include "drivers/socketcan/can_socket.h"
#include "drivers/socketcan/error_frame.h"
#include "drivers/socketcan/kernel_buses.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/clock.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Duration long_enough = 30s;  // an emulated machine on a loaded one

class SocketCanKernelTest : public KernelTest {
  protected:
    using KernelTest::KernelTest;
    std::unique_ptr<Instrument> make(const std::string& interface, Options options = {}) {
        options.emplace_back("interfaces", interface);
        return make_instrument(spec_of("can", "socketcan_adapter", options),
                               {scheduler, 1, &reactor});
    }
    static CanAdapter& can(const std::unique_ptr<Instrument>& instrument) {
        return dynamic_cast<CanAdapter&>(*instrument);
    }
    void listen(const std::unique_ptr<Instrument>& instrument) {
        can(instrument).on_event([this](int, const CanEvent& event) { events.push_back(event); });
    }
    bool come(std::size_t count) {
        return reactor.wait([&] { return events.size() >= count; }, long_enough);
    }
    static CanFrame frame(const std::string& text) { return can_frame_from(text).value(); }

    Reactor reactor;
    Scheduler scheduler;
    std::vector<CanEvent> events;
};

class VirtualInterfaces : public SocketCanKernelTest {
  protected:
    VirtualInterfaces() : SocketCanKernelTest("BMSRIG_CAN", 2) {}
    /// Somebody else on the bus.
    CanSocket& other() {
        if (!other_) other_ = open_can_socket(reactor, names[0]);
        return *other_;
    }

  private:
    std::unique_ptr<CanSocket> other_;
};

TEST_F(VirtualInterfaces, CarryEveryKindOfFrame) {
    const auto rig = make(names[0]);
    listen(rig);
    const std::vector<std::string> kinds{
        "000#", "7FF#0102030405060708", "00000000#AA", "1FFFFFFF#FF", "123#R", "12345678#R"};
    for (const std::string& kind : kinds) ASSERT_TRUE(other().put(linux_frame(frame(kind))));
    ASSERT_TRUE(come(kinds.size()));
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(to_string(events[i].frame), kinds[i]);
        EXPECT_EQ(events[i].kind, CanEvent::Kind::received);
    }
}

TEST_F(VirtualInterfaces, StampFramesWhenTheyCome) {
    const auto rig = make(names[0]);
    listen(rig);
    const Instant before = reactor.now();
    ASSERT_TRUE(other().put(linux_frame(frame("123#00"))));
    const Instant after = reactor.now();
    while (reactor.now() < after + 20ms) {
    }  // the rig is busy elsewhere
    ASSERT_TRUE(come(1));
    EXPECT_GE(events[0].time, before - 1ms) << "two clocks are read one after the other";
    EXPECT_LE(events[0].time, after + 1ms);
}

TEST_F(VirtualInterfaces, ShowTheRigItsOwnFramesLeave) {
    const auto rig = make(names[0]);
    listen(rig);
    constexpr int count = 200;
    for (int i = 0; i < count; ++i) {
        CanFrame sent = frame("100#00");
        sent.data[0] = static_cast<std::uint8_t>(i);
        can(rig).send(1, sent);
    }
    ASSERT_TRUE(come(count));
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(events[i].kind, CanEvent::Kind::sent);
        EXPECT_EQ(events[i].frame.data[0], i);
    }
    EXPECT_EQ(can(rig).counts(1).sent, 200U);
    EXPECT_EQ(can(rig).counts(1).received, 0U);
}

TEST_F(VirtualInterfaces, LoseNoneOfTwoHundredFrames) {
    const auto rig = make(names[0]);
    listen(rig);
    for (std::size_t i = 0; i < 200; ++i) {
        CanFrame sent = frame("100#00");
        sent.data[0] = static_cast<std::uint8_t>(i);
        while (!other().put(linux_frame(sent))) {
        }
    }
    ASSERT_TRUE(come(200));
    for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(events[i].frame.data[0], i);
}

TEST_F(VirtualInterfaces, CarryErrorFrames) {
    const auto rig = make(names[0]);
    listen(rig);
    CanErrorReport report;
    report.error = CanError::coding;
    report.state = CanState::error_passive;
    report.has_counters = true;
    report.receive_errors = 130;
    ASSERT_TRUE(other().put(error_frame(report)));
    ASSERT_TRUE(come(1));
    EXPECT_EQ(events[0].kind, CanEvent::Kind::error);
    EXPECT_EQ(events[0].error, CanError::coding);
    EXPECT_EQ(can(rig).state(1), CanState::error_passive);
    EXPECT_EQ(can(rig).counts(1).receive_errors, 130);
    ASSERT_TRUE(other().put(error_frame({.state = CanState::bus_off})));
    ASSERT_TRUE(reactor.wait([&] { return can(rig).state(1) == CanState::bus_off; }, long_enough));
    EXPECT_THAT(text_of<InstrumentError>([&] { can(rig).recover(1); }), HasSubstr("restart-ms"))
        << "a vcan has no node";
}

// A problem ends a test, not the socket: the next test has the same one.
TEST_F(VirtualInterfaces, AreHeardAfterAProblemAsWell) {
    const auto socket = open_can_socket(reactor, names[0]);
    int heard = 0;
    socket->on_ready([&] {
        while (socket->take()) ++heard;
        if (heard == 1) throw InstrumentError("the first frame");
    });
    const auto hear = [&](int count) {
        return reactor.wait([&] { return heard == count; }, long_enough);
    };
    ASSERT_TRUE(other().put(linux_frame(frame("123#01"))));
    EXPECT_THROW(static_cast<void>(hear(2)), InstrumentError);
    ASSERT_TRUE(other().put(linux_frame(frame("123#02"))));
    EXPECT_TRUE(hear(2));
}

TEST_F(VirtualInterfaces, LetThroughWhatTheFiltersSay) {
    const auto rig = make(names[0], {{"filters", "350:7F0 18FF0000:1FFF0000"}});
    listen(rig);
    for (const char* each : {"34F#", "35F#01", "18FE1234#", "18FF1234#02", "00000355#"}) {
        ASSERT_TRUE(other().put(linux_frame(frame(each))));
    }
    ASSERT_TRUE(come(2));
    EXPECT_EQ(to_string(events[0].frame), "35F#01");
    EXPECT_EQ(to_string(events[1].frame), "18FF1234#02");
}

// As many frames as no buffer holds, while nobody fetches them.
TEST_F(VirtualInterfaces, TellHowManyFramesWereDropped) {
    const auto rig = make(names[0]);
    listen(rig);
    constexpr int flood = 60'000;
    for (int i = 0; i < flood; ++i) {
        while (!other().put(linux_frame(frame("100#00")))) {
        }
    }
    std::string text;
    while (text.empty()) {
        text = text_of<InstrumentError>([&] {
            // The kernel tells with the next frame that finds room.
            static_cast<void>(other().put(linux_frame(frame("101#00"))));
            static_cast<void>(reactor.wait([] { return false; }, 100ms));
        });
    }
    EXPECT_THAT(text, HasSubstr("the kernel dropped"));
    EXPECT_LT(events.size(), static_cast<std::size_t>(flood));
}

TEST_F(VirtualInterfaces, HaveNeitherBitRateNorListenOnly) {
    const auto rig = make(names[0], {{"bit_rate", "250000"}});
    EXPECT_EQ(can(rig).bit_rate(1), 250'000U);
    EXPECT_THROW(can(rig).set_bit_rate(1, 500'000), BenchCannot);
    EXPECT_THROW(can(rig).set_listen_only(1, true), BenchCannot);
    EXPECT_EQ(make_can_link(names[0])->look().kind, "vcan");
}

TEST_F(VirtualInterfaces, AreNamedWhereOneIsMissing) {
    const std::string text = text_of<InstrumentError>([&] { make("can99"); });
    EXPECT_THAT(text, HasSubstr("there is no CAN interface \"can99\""));
    EXPECT_THAT(text, HasSubstr(names[0]));
}

TEST_F(VirtualInterfaces, SayWhoTheyAre) {
    const Identity identity = make(names[0])->identify();
    EXPECT_EQ(identity.model, "vcan");
    EXPECT_EQ(identity.serial, names[0]);
    EXPECT_THAT(identity.firmware, HasSubstr("Linux "));
}

class PluggedAdapter : public SocketCanKernelTest {
  protected:
    PluggedAdapter() : SocketCanKernelTest("BMSRIG_CAN", 1) {}
    void SetUp() override {
        KernelTest::SetUp();
        if (IsSkipped()) return;
        plugged.emplace();
        if (!plugged->is_there()) GTEST_SKIP() << "this user may not make CAN interfaces";
    }
    /// What the test hears when it lets time run.
    std::string what_time_brings() {
        return text_of<InstrumentError>(
            [&] { static_cast<void>(reactor.wait([] { return false; }, long_enough)); });
    }
    void expect_works(const std::unique_ptr<Instrument>& rig) {
        events.clear();
        listen(rig);
        ASSERT_TRUE(open_can_socket(reactor, plugged->name())->put(linux_frame(frame("123#01"))));
        ASSERT_TRUE(come(1));
        can(rig).send(1, frame("124#02"));
        ASSERT_TRUE(come(2));
        EXPECT_EQ(events[0].kind, CanEvent::Kind::received);
        EXPECT_EQ(events[1].kind, CanEvent::Kind::sent);
    }
    void begin_test(const std::unique_ptr<Instrument>& rig) {
        scheduler.restart();
        reactor.restart();
        rig->restart(1);
    }
    std::optional<PluggedInterface> plugged;
};

TEST_F(PluggedAdapter, IsNamedWhenItIsPulledOutInATest) {
    const auto rig = make(plugged->name());
    plugged->pull();
    const std::string gone = "there is no CAN interface \"" + plugged->name() + "\"";
    EXPECT_THAT(what_time_brings(), HasSubstr(gone));
    EXPECT_THAT(text_of<InstrumentError>([&] { can(rig).send(1, frame("123#")); }),
                HasSubstr(gone));
    rig->make_safe();
    EXPECT_THAT(text_of<InstrumentError>([&] { begin_test(rig); }), HasSubstr(gone));
    plugged->plug();
    begin_test(rig);
    expect_works(rig);
}

TEST_F(PluggedAdapter, IsNamedByWhoSendsBeforeTimeRuns) {
    const auto rig = make(plugged->name());
    plugged->pull();
    EXPECT_THAT(text_of<InstrumentError>([&] { can(rig).send(1, frame("123#")); }),
                HasSubstr("there is no CAN interface"));
}

TEST_F(PluggedAdapter, IsFoundAgainWhenItIsPulledOutBetweenTwoTests) {
    const auto rig = make(plugged->name());
    plugged->pull();
    plugged->plug();
    begin_test(rig);
    expect_works(rig);
}

TEST_F(PluggedAdapter, IsNamedWhenItIsSetDownAndHeardAgainWhenItIsUp) {
    const auto rig = make(plugged->name());
    ASSERT_TRUE(plugged->set("down"));
    EXPECT_THAT(what_time_brings(), HasSubstr(plugged->name() + " is down"));
    ASSERT_TRUE(plugged->set("up"));
    begin_test(rig);
    expect_works(rig);
    ASSERT_TRUE(plugged->set("down"));
    ASSERT_TRUE(plugged->set("up"));
    begin_test(rig);
    expect_works(rig);
}

/// Two controllers on one bus.
class Controllers : public SocketCanKernelTest {
  protected:
    Controllers() : SocketCanKernelTest("BMSRIG_CAN_PAIR", 2) {}
    void SetUp() override {
        KernelTest::SetUp();
        if (IsSkipped()) return;
        for (const std::string& name : names) make_can_link(name)->configure(500'000, false);
    }
};

TEST_F(Controllers, CarryTwoHundredFramesFromOneToTheOther) {
    const auto sender = make(names[0], {{"bit_rate", "500000"}});
    const auto rig = make(names[1], {{"bit_rate", "500000"}});
    listen(rig);
    for (std::size_t i = 0; i < 200; ++i) {
        CanFrame sent = frame("100#0001020304050607");
        sent.data[0] = static_cast<std::uint8_t>(i);
        can(sender).send(1, sent);
    }
    ASSERT_TRUE(come(200));
    for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(events[i].frame.data[0], i);
    ASSERT_TRUE(reactor.wait([&] { return can(sender).counts(1).sent == 200; }, long_enough));
    EXPECT_EQ(can(rig).counts(1).error_frames, 0U);
    EXPECT_EQ(can(rig).state(1), CanState::error_active);
}

TEST_F(Controllers, HaveTheBitRateOfTheBenchFileOrSayWhatToDo) {
    EXPECT_EQ(can(make(names[0])).bit_rate(1), 500'000U);
    const std::string text =
        text_of<InstrumentError>([&] { make(names[0], {{"bit_rate", "250000"}}); });
    EXPECT_THAT(text, HasSubstr("works at 500000 bit/s, expected 250000"));
    EXPECT_THAT(text, HasSubstr("sudo ip link set " + names[0] + " down"));
}

TEST_F(Controllers, TakeTheBitRateThatTheRigSets) {
    const auto rig = make(names[0], {{"bit_rate", "250000"}, {"set_bit_rate", "yes"}});
    EXPECT_EQ(can(rig).bit_rate(1), 250'000U);
    can(rig).set_bit_rate(1, 125'000);
    EXPECT_EQ(make_can_link(names[0])->look().bit_rate, 125'000U);
    scheduler.restart();
    rig->restart(1);
    EXPECT_EQ(make_can_link(names[0])->look().bit_rate, 250'000U);
    listen(rig);
    can(rig).send(1, frame("123#"));
    ASSERT_TRUE(come(1)) << "it works after that";
}

TEST_F(Controllers, TellWhoWantsToKnowThatTheyWereSet) {
    const auto link = make_can_link(names[0]);
    int told = 0;
    link->on_change(reactor, [&told] { ++told; });
    static_cast<void>(reactor.wait([] { return false; }, 20ms));
    EXPECT_EQ(told, 0);
    make_can_link(names[0])->configure(250'000, false);
    ASSERT_TRUE(reactor.wait([&] { return told > 0; }, long_enough));
    EXPECT_EQ(link->look().bit_rate, 250'000U);
    static_cast<void>(reactor.wait([] { return false; }, 20ms));
    EXPECT_LE(told, 8) << "down, set, up: told of each once, and then no more";
}

TEST_F(Controllers, GoDownInTheMiddleOfATest) {
    const auto rig = make(names[0], {{"bit_rate", "500000"}});
    make_can_link(names[0])->configure(250'000, false);  // down, and up at another rate
    EXPECT_THAT(text_of<InstrumentError>(
                    [&] { static_cast<void>(reactor.wait([] { return false; }, long_enough)); }),
                HasSubstr("is down"));
    scheduler.restart();
    EXPECT_THAT(text_of<InstrumentError>([&] { rig->restart(1); }), HasSubstr("250000"));
    make_can_link(names[0])->configure(500'000, false);
    scheduler.restart();
    rig->restart(1);
    listen(rig);
    can(rig).send(1, frame("123#"));
    EXPECT_TRUE(come(1));
}

TEST_F(Controllers, SayWhoTheyAre) {
    EXPECT_EQ(make_can_link(names[0])->look().kind, "can");
    EXPECT_FALSE(make(names[0])->identify().model.empty());
    EXPECT_THAT(
        text_of<InstrumentError>([&] { make(names[0], {{"serial_number", "12345"}})->identify(); }),
        HasSubstr("expected \"12345\""));
}

}  // namespace
}  // namespace bmsrig
