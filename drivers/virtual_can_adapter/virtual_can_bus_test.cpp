// What goes wrong on a bus. Expected times are worked out by hand from ISO 11898-1 and from what
// virtual_can_adapter.h says where the standard is silent; at 500 kbit/s a bit takes 2 us.
#include <gmock/gmock.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

CanFrame frame(const char* text) {
    return can_frame_from(text).value();
}

/// "112us error acknowledge", "100us sent 305#".
std::string text_of_event(const CanEvent& event) {
    const std::string time = std::to_string(to_ns(event.time) / 1000) + "us ";
    switch (event.kind) {
        case CanEvent::Kind::received:
            return time + "received " + to_string(event.frame);
        case CanEvent::Kind::sent:
            return time + "sent " + to_string(event.frame);
        case CanEvent::Kind::error:
            return time + "error " + std::string(to_string(event.error));
    }
    return "?";
}

class VirtualCanBusTest : public testing::Test {
  protected:
    void make(std::uint32_t rig_rate, std::uint32_t uut_rate) {
        adapter_ = bench_.make<CanAdapter>("virtual_can_adapter",
                                           {{"bit_rate", std::to_string(rig_rate)}});
        adapter_->on_event([this](int, const CanEvent& event) {
            events_.push_back(text_of_event(event));
            last_ = event;
        });
        if (uut_rate != 0) connect(uut_rate);
    }
    [[nodiscard]] CanTerminals& uut() const {
        return dynamic_cast<CanTerminals&>(*adapter_.instrument);
    }
    void connect(std::uint32_t bit_rate) {
        uut().connect(1, bit_rate, [this](const CanFrame& received) {
            uut_heard_.push_back(to_string(received));
        });
    }
    void uut_sends(const char* text) { uut().transmit(1, frame(text)); }
    void rig_sends(const char* text) { adapter_->send(1, frame(text)); }
    /// What has come since it was asked last.
    std::vector<std::string> events() { return std::exchange(events_, {}); }
    void run_to(Duration time) { bench_.run_for(Instant{time} - bench_.now()); }
    [[nodiscard]] CanState rig_state() const { return adapter_->state(1); }
    [[nodiscard]] CanState uut_state() const { return uut().uut_state(1); }

    Workbench bench_;
    Made<CanAdapter> adapter_;
    std::vector<std::string> events_;
    CanEvent last_;
    std::vector<std::string> uut_heard_;
};

TEST_F(VirtualCanBusTest, WhoOnlyListensLeavesTheUutWithoutAcknowledgement) {
    make(500'000, 500'000);
    adapter_->set_listen_only(1, true);
    uut_sends("305#");  // 50 bits, of them 39 up to its acknowledgement, then 17 of an error frame
    run_to(336us);
    EXPECT_THAT(events(), ElementsAre("112us error acknowledge", "224us error acknowledge",
                                      "336us error acknowledge"));
    EXPECT_EQ(last_.on_wire, 112us);
    EXPECT_EQ(last_.frame, CanFrame{});
    run_to(1791us);
    EXPECT_EQ(uut_state(), CanState::error_active);
    run_to(1792us);  // the 16th
    EXPECT_EQ(uut_state(), CanState::error_passive);
    events();
    run_to(2048us);  // 8 bits between them: a passive node suspends its transmission
    EXPECT_THAT(events(), ElementsAre("1920us error acknowledge", "2048us error acknowledge"));
    run_to(1s);
    EXPECT_EQ(uut_state(), CanState::error_passive) << "a missing acknowledgement never ends it";
    const CanBusCounts counts = adapter_->counts(1);
    EXPECT_EQ(counts.received, 0);
    EXPECT_EQ(counts.error_frames, 16 + (1'000'000 - 1792) / 128);
    EXPECT_EQ(counts.unacknowledged, counts.error_frames);
    EXPECT_EQ(counts.receive_errors, 0);
    EXPECT_EQ(counts.retransmissions, 0) << "those of the UUT are not the rig's";
    EXPECT_EQ(counts.busy, static_cast<int>(counts.error_frames) * 112us)
        << "they hold the bus too";
}

TEST_F(VirtualCanBusTest, WhatWaitedIsHeardOnceItIsAcknowledged) {
    make(500'000, 500'000);
    adapter_->set_listen_only(1, true);
    uut_sends("305#");
    run_to(100us);  // before the frame that is on the wire ends
    adapter_->set_listen_only(1, false);
    bench_.run_to_rest();
    EXPECT_THAT(events(), ElementsAre("112us error acknowledge", "212us received 305#"));
    EXPECT_EQ(uut_state(), CanState::error_active);
}

TEST_F(VirtualCanBusTest, ListeningOnlyItRefusesToSend) {
    make(500'000, 500'000);
    adapter_->set_listen_only(1, true);
    EXPECT_TRUE(adapter_->settings(1).listen_only);
    EXPECT_THAT(text_of<InputError>([&] { rig_sends("305#0102"); }),
                HasSubstr("\"unit\", channel 1: it only listens, so it cannot send 305#0102"));
    bench_.run_for(1s);
    EXPECT_THAT(uut_heard_, IsEmpty());
    adapter_->set_listen_only(1, false);
    rig_sends("305#0102");
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#0102"));
}

TEST_F(VirtualCanBusTest, AloneOnTheBusTheRigRepeats) {
    make(500'000, 0);
    rig_sends("305#");
    bench_.run_for(1s);
    EXPECT_THAT(events(), Each(HasSubstr("error acknowledge")));
    EXPECT_EQ(rig_state(), CanState::error_passive);
    CanBusCounts counts = adapter_->counts(1);
    EXPECT_EQ(counts.transmit_errors, 128);
    EXPECT_EQ(counts.retransmissions, counts.error_frames) << "the first is none, the last runs";
    EXPECT_EQ(counts.unacknowledged, 0) << "those of the UUT";
    EXPECT_EQ(counts.sent, 0);
    connect(500'000);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#"));
    counts = adapter_->counts(1);
    EXPECT_EQ(counts.sent, 1);
    EXPECT_EQ(counts.transmit_errors, 127);
    EXPECT_EQ(rig_state(), CanState::error_active);
}

TEST_F(VirtualCanBusTest, AFrameThatCannotLeaveGivesWayToItsSuccessor) {
    make(500'000, 0);
    rig_sends("305#01");
    bench_.run_for(1ms);
    for (int i = 0; i < 20'000; ++i) {
        rig_sends("306#AA");
        rig_sends("306#R");
        rig_sends("00000306#AA");
        rig_sends("305#02");
        rig_sends("305#03");
    }
    connect(500'000);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#03", "306#AA", "306#R", "00000306#AA"));
}

TEST_F(VirtualCanBusTest, TheUutsQueueIsAMailboxOnlyWhileItsHeadIsStuck) {
    make(500'000, 500'000);
    for (int i = 0; i < 3; ++i) uut_sends("305#01");
    bench_.run_to_rest();
    EXPECT_EQ(events().size(), 3U) << "all of them, as the bus is free";
    adapter_->set_listen_only(1, true);
    uut_sends("305#01");
    bench_.run_for(1ms);
    for (int i = 0; i < 20'000; ++i) uut_sends("305#02");
    events();
    adapter_->set_listen_only(1, false);
    bench_.run_to_rest();
    EXPECT_THAT(events(),
                ElementsAre(HasSubstr("error acknowledge"), HasSubstr("received 305#02")));
}

TEST_F(VirtualCanBusTest, MadeSafeItRepeatsNothing) {
    make(500'000, 0);
    rig_sends("305#01");
    rig_sends("306#01");
    bench_.run_for(1ms);
    adapter_.instrument->make_safe();
    rig_sends("305#02");  // the same identifier as what still stands on the wire
    connect(500'000);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#02"));
}

// The rig understands nothing and complains at the sixth bit, 24 us; two flags, delimiter and
// intermission take 23 bits more of 4 us. It counts 9 each time: it is the first to complain.
TEST_F(VirtualCanBusTest, AnotherBitRateBreaksFramesOffUntilThatNodeIsPassive) {
    make(500'000, 250'000);
    uut_sends("031#00");  // 58 bits
    run_to(232us);
    EXPECT_THAT(events(), ElementsAre("116us error coding", "232us error coding"));
    EXPECT_EQ(adapter_->counts(1).receive_errors, 18);
    run_to(1739us);
    EXPECT_EQ(rig_state(), CanState::error_active);
    run_to(1740us);  // the 15th
    EXPECT_EQ(rig_state(), CanState::error_passive);
    EXPECT_EQ(uut_state(), CanState::error_active) << "its counter is at 120";
    events();
    run_to(1996us);  // it lets this pass, but does not acknowledge it: 58 - 11 + 17 bits
    EXPECT_THAT(events(), ElementsAre("1996us error coding"));
    EXPECT_EQ(uut_state(), CanState::error_passive);
    run_to(1s);
    EXPECT_EQ(uut_state(), CanState::error_passive);
    EXPECT_EQ(adapter_->counts(1).received, 0);
    EXPECT_EQ(adapter_->counts(1).unacknowledged, 0) << "it cannot tell";
    adapter_->set_bit_rate(1, 250'000);
    events();
    bench_.run_to_rest();
    EXPECT_EQ(events().size(), 1U) << "the frame during which the rate changed shows it nothing";
    EXPECT_EQ(last_.frame, frame("031#00"));
    EXPECT_EQ(adapter_->counts(1).receive_errors, 127);
    EXPECT_EQ(rig_state(), CanState::error_active);
    EXPECT_EQ(uut_state(), CanState::error_active);
}

TEST_F(VirtualCanBusTest, AnotherBitRateSpoilsTheRigsFramesToo) {
    make(500'000, 250'000);
    rig_sends("305#");
    run_to(116us);
    EXPECT_THAT(events(), ElementsAre("116us error coding"));
    EXPECT_EQ(adapter_->counts(1).transmit_errors, 8);
    run_to(1s);
    EXPECT_THAT(uut_heard_, IsEmpty());
    EXPECT_EQ(rig_state(), CanState::error_passive);
    EXPECT_EQ(uut_state(), CanState::error_passive);
    adapter_->set_bit_rate(1, 250'000);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#"));
}

TEST_F(VirtualCanBusTest, ListeningAtAnotherBitRateDisturbsNothing) {
    make(125'000, 250'000);
    adapter_->set_listen_only(1, true);
    uut_sends("031#00");
    run_to(512us);  // 64 bits of 4 us each time: nobody acknowledges
    EXPECT_THAT(events(), ElementsAre("256us error coding", "512us error coding"));
    EXPECT_EQ(adapter_->counts(1).receive_errors, 0);
    EXPECT_EQ(adapter_->counts(1).unacknowledged, 0);
    run_to(1s);
    EXPECT_EQ(rig_state(), CanState::error_active);
    EXPECT_EQ(uut_state(), CanState::error_passive);
}

// The start of frame is not seen: 8. The error flag is not seen either, and each of its bits counts
// 8 and begins it anew, up to the 15th, when the node is passive: 1 + 15 + 6 + 8 + 3 bits, then 16
// times 8 of suspension and 1 + 6 + 8 + 3.
TEST_F(VirtualCanBusTest, AShortCircuitTakesTheRigOffTheBus) {
    make(500'000, 500'000);
    adapter_->set_fault(1, CanFault::short_circuit);
    rig_sends("305#");
    run_to(66us);
    EXPECT_THAT(events(), ElementsAre("66us error bit"));
    EXPECT_EQ(adapter_->counts(1).transmit_errors, 128);
    EXPECT_EQ(rig_state(), CanState::error_passive);
    run_to(897us);
    EXPECT_EQ(rig_state(), CanState::error_passive);
    EXPECT_EQ(bench_.run_to_rest(), 1) << "the last one, and nothing after it";
    EXPECT_EQ(last_.time, Instant{898us});
    EXPECT_EQ(rig_state(), CanState::bus_off);
    EXPECT_EQ(adapter_->counts(1).error_frames, 17);

    adapter_->set_fault(1, CanFault::none);
    uut_sends("031#00");
    run_to(1s);
    EXPECT_EQ(adapter_->counts(1).received, 0) << "it is off the bus until it is told to recover";
    EXPECT_EQ(rig_state(), CanState::bus_off);
    adapter_->recover(1);
    adapter_->recover(1);  // a second time changes nothing
    run_to(1s + 2815us);
    EXPECT_EQ(rig_state(), CanState::bus_off);
    run_to(1s + 2816us);  // 128 times 11 bits
    EXPECT_EQ(rig_state(), CanState::error_active);
    EXPECT_EQ(adapter_->counts(1).transmit_errors, 0);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#"));
    EXPECT_EQ(adapter_->counts(1).received, 1);
}

TEST_F(VirtualCanBusTest, AShortCircuitTakesTheUutOffTheBusAndItComesBack) {
    make(500'000, 500'000);
    adapter_->set_fault(1, CanFault::short_circuit);
    uut_sends("305#");
    run_to(897us);
    EXPECT_EQ(uut_state(), CanState::error_passive);
    run_to(898us);
    EXPECT_EQ(uut_state(), CanState::bus_off);
    run_to(898us + 2815us);
    EXPECT_EQ(uut_state(), CanState::bus_off);
    run_to(898us + 2816us);
    EXPECT_EQ(uut_state(), CanState::error_active) << "its recovery is its own";
    run_to(2 * 898us + 2816us);
    EXPECT_EQ(uut_state(), CanState::bus_off) << "nothing has changed";
    for (int i = 0; i < 20'000; ++i) uut_sends("305#01");
    run_to(100ms);
    EXPECT_THAT(events(), IsEmpty()) << "a bus that stays recessive shows the rig nothing";
    EXPECT_EQ(adapter_->counts(1).busy, 0s);
    adapter_->set_fault(1, CanFault::none);
    bench_.run_to_rest();
    EXPECT_EQ(last_.frame, frame("305#01")) << "the newest";
    EXPECT_EQ(adapter_->counts(1).received, 1);
    EXPECT_EQ(uut_state(), CanState::error_active);
}

TEST_F(VirtualCanBusTest, AnOpenWireLeavesEachNodeAlone) {
    make(500'000, 500'000);
    adapter_->set_fault(1, CanFault::open);
    uut_sends("100#");
    rig_sends("305#");
    run_to(112us);
    EXPECT_THAT(events(), ElementsAre("112us error acknowledge")) << "its own; both at once";
    run_to(100ms);
    EXPECT_EQ(rig_state(), CanState::error_passive);
    EXPECT_EQ(uut_state(), CanState::error_passive);
    EXPECT_EQ(adapter_->counts(1).received, 0);
    EXPECT_EQ(adapter_->counts(1).receive_errors, 0);
    EXPECT_THAT(uut_heard_, IsEmpty());
    adapter_->set_fault(1, CanFault::none);
    bench_.run_to_rest();
    EXPECT_EQ(adapter_->counts(1).received, 1);
    EXPECT_THAT(uut_heard_, ElementsAre("305#"));
}

TEST_F(VirtualCanBusTest, AFaultBreaksOffWhatStandsOnTheBus) {
    make(500'000, 500'000);
    uut_sends("305#");
    run_to(20us);
    adapter_->set_fault(1, CanFault::open);
    run_to(54us);  // 17 bits of an error frame
    EXPECT_THAT(events(), ElementsAre("54us error coding"));
    adapter_->set_fault(1, CanFault::open);  // nothing new
    adapter_->set_fault(1, CanFault::none);
    bench_.run_to_rest();
    EXPECT_EQ(adapter_->counts(1).received, 1) << "it is sent again";
}

TEST_F(VirtualCanBusTest, AFrameThatAFaultBreaksOffReachesNobody) {
    make(500'000, 500'000);
    rig_sends("305#");
    run_to(20us);
    adapter_->set_fault(1, CanFault::short_circuit);
    run_to(60us);
    EXPECT_THAT(uut_heard_, IsEmpty());
    adapter_->set_fault(1, CanFault::none);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("305#")) << "it is sent again";
}

TEST_F(VirtualCanBusTest, MadeSafeItIsMended) {
    make(500'000, 500'000);
    adapter_->set_fault(1, CanFault::short_circuit);
    adapter_.instrument->make_safe();
    uut_sends("305#");
    bench_.run_to_rest();
    EXPECT_THAT(events(), ElementsAre("100us received 305#"));
}

// Both begin at once where both waited for the same frame to end. 22 bits up to the difference, 23
// of the error frame.
TEST_F(VirtualCanBusTest, OneIdentifierFromBothSidesSpoilsBothFrames) {
    make(500'000, 500'000);
    uut_sends("305#");  // 50 bits
    uut_sends("305#00");
    rig_sends("305#80");
    run_to(280us);
    EXPECT_THAT(events(), ElementsAre("100us received 305#", "190us error bit", "280us error bit"));
    run_to(100ms);
    EXPECT_EQ(rig_state(), CanState::bus_off);
    EXPECT_EQ(adapter_->counts(1).error_frames, 32);
    EXPECT_EQ(adapter_->counts(1).received, 1);
    EXPECT_EQ(uut_state(), CanState::error_passive) << "back on the bus, but alone there";
    adapter_->recover(1);
    bench_.run_to_rest();
    EXPECT_EQ(adapter_->counts(1).received, 2);
    EXPECT_THAT(uut_heard_, ElementsAre("305#80"));
}

TEST_F(VirtualCanBusTest, ABurstFromBothSidesGoesByArbitration) {
    make(500'000, 500'000);
    uut_sends("7FF#");  // keeps the bus while the others come
    rig_sends("100#R");
    uut_sends("04000000#");  // the same first eleven bits, extended
    rig_sends("04000000#R");
    bench_.run_to_rest();
    std::vector<std::string> order;
    for (const std::string& event : events()) order.push_back(event.substr(event.find(' ') + 1));
    EXPECT_THAT(
        order, ElementsAre("received 7FF#", "sent 100#R", "received 04000000#", "sent 04000000#R"));
}

TEST_F(VirtualCanBusTest, APassiveNodeLetsOthersGoBetweenItsFrames) {
    make(500'000, 500'000);
    rig_sends("305#");
    rig_sends("7FF#");  // waits
    adapter_->set_listen_only(1, true);
    run_to(1ms);
    uut_sends("100#");
    uut_sends("101#");
    run_to(100ms);
    EXPECT_EQ(uut_state(), CanState::error_passive);
    EXPECT_THAT(uut_heard_, ElementsAre("305#")) << "what was on the wire has ended";
    adapter_->set_listen_only(1, false);
    events();
    bench_.run_to_rest();
    std::vector<std::string> order;
    for (const std::string& event : events()) order.push_back(event.substr(event.find(' ') + 1));
    EXPECT_THAT(order,
                ElementsAre("error acknowledge", "sent 7FF#", "received 100#", "received 101#"));
}

TEST_F(VirtualCanBusTest, AUnitThatLosesPowerLeavesAnErrorAndNoRepetition) {
    make(500'000, 500'000);
    uut_sends("031#8EC414C0FD940000");
    run_to(40us);
    uut().disconnect(1);  // six equal bits are a stuff error, then an error frame of 17 bits
    bench_.run_to_rest();
    EXPECT_THAT(events(), ElementsAre("86us error coding"));
    EXPECT_EQ(adapter_->counts(1).receive_errors, 1);
    connect(500'000);
    bench_.run_to_rest();
    EXPECT_THAT(events(), IsEmpty()) << "its frame is lost";
}

TEST_F(VirtualCanBusTest, AUnitThatLosesPowerMeanwhileAcknowledgesNothing) {
    make(500'000, 500'000);
    rig_sends("305#");
    run_to(40us);
    uut().disconnect(1);
    run_to(60us);
    connect(500'000);  // in the middle of the frame: it hears the next one
    bench_.run_to_rest();
    EXPECT_THAT(events(), ElementsAre("112us error acknowledge", "212us sent 305#"));
    EXPECT_THAT(uut_heard_, ElementsAre("305#"));
}

TEST_F(VirtualCanBusTest, PowerBringsANewNode) {
    make(500'000, 500'000);
    adapter_->set_fault(1, CanFault::short_circuit);
    uut_sends("305#");
    run_to(1ms);
    EXPECT_EQ(uut_state(), CanState::bus_off);
    uut().disconnect(1);
    connect(500'000);
    EXPECT_EQ(uut_state(), CanState::error_active);
    run_to(100ms);
    EXPECT_EQ(uut_state(), CanState::error_active) << "the frame of before is lost";
}

TEST_F(VirtualCanBusTest, ANewTestBeginsWithASoundBus) {
    make(500'000, 500'000);
    adapter_->set_listen_only(1, true);
    adapter_->set_listen_only(1, false);
    adapter_->set_fault(1, CanFault::short_circuit);
    rig_sends("305#");
    run_to(10ms);
    EXPECT_EQ(rig_state(), CanState::bus_off);
    adapter_->set_listen_only(1, true);
    adapter_->set_bit_rate(1, 10'000);
    adapter_.instrument->restart(1);
    EXPECT_EQ(rig_state(), CanState::error_active);
    EXPECT_FALSE(adapter_->settings(1).listen_only);
    EXPECT_EQ(adapter_->settings(1).bit_rate, 500'000U);
    EXPECT_EQ(adapter_->counts(1).error_frames, 0);
    connect(500'000);
    rig_sends("306#");
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre("306#"));
}

TEST_F(VirtualCanBusTest, AtEachBitRateAFrameTakesItsTime) {
    const std::pair<std::uint32_t, Duration> times[] = {
        {10'000U, 5ms}, {125'000U, 400us}, {1'000'000U, 50us}};
    for (const auto& [rate, time] : times) {
        make(0, rate);
        const Instant begin = bench_.now();
        uut_sends("305#");  // 50 bits
        bench_.run_to_rest();
        EXPECT_EQ(last_.time - begin, time) << rate;
    }
}

TEST_F(VirtualCanBusTest, OtherBitRatesAreRefused) {
    make(0, 0);
    for (const std::uint32_t rate : {1U, 9'999U, 1'000'001U, 4'294'967'295U}) {
        EXPECT_THAT(text_of<RatingError>([&] { adapter_->set_bit_rate(1, rate); }),
                    HasSubstr("cannot work at " + std::to_string(rate) +
                              " bit/s; expected 10000 .. 1000000, or 0"));
    }
    EXPECT_EQ(adapter_->bit_rate(1), 0);
    const auto with = [&](const char* rate) {
        return text_of<InputError>(
            [&] { bench_.make<CanAdapter>("virtual_can_adapter", {{"bit_rate", rate}}); });
    };
    EXPECT_THAT(with("9999"), StartsWith("bench.yaml:11: bit_rate is 9999; expected 0"));
    EXPECT_THAT(with("1000001"), StartsWith("bench.yaml:11:"));
    EXPECT_EQ(with("10000"), "");
}

}  // namespace
}  // namespace bmsrig
