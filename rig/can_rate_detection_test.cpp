#include "rig/can_rate_detection.h"

#include <gmock/gmock.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

class CanRateDetectionTest : public testing::Test {
  protected:
    void SetUp() override {
        adapter_ = bench_.make<CanAdapter>("virtual_can_adapter", {});
        adapter_->on_event([this](int, const CanEvent& event) {
            if (event.kind == CanEvent::Kind::received) ++received_;
        });
    }
    [[nodiscard]] CanTerminals& uut() const {
        return dynamic_cast<CanTerminals&>(*adapter_.instrument);
    }
    /// A unit that sends a frame every 150 ms.
    void turn_on(std::uint32_t bit_rate) {
        uut().connect(1, bit_rate, [](const CanFrame&) {});
        send();
    }
    void send() {
        uut().transmit(1, can_frame_from("351#E400").value());
        bench_.scheduler.schedule(bench_.now() + 150ms, [this] { send(); });
    }
    CanRateFound search(const CanRateSearch& wanted = {}) {
        return detect_can_bit_rate(*adapter_.operator->(), 1, wanted,
                                   [this](Duration duration) { run(duration); });
    }
    std::uint32_t detect(const CanRateSearch& wanted = {}) {
        return search(wanted).bit_rate.value_or(0);
    }
    virtual void run(Duration duration) { bench_.run_for(duration); }

    Workbench bench_;
    Made<CanAdapter> adapter_;
    int received_ = 0;
};

TEST_F(CanRateDetectionTest, FindsEachRateWithoutBreakingAFrameOff) {
    for (const std::uint32_t rate : CanRateSearch{}.candidates) {
        SetUp();
        turn_on(rate);
        bench_.run_for(1s);
        const Instant begin = bench_.now();
        const std::uint64_t errors = adapter_->counts(1).error_frames;
        EXPECT_EQ(detect(), rate);
        EXPECT_LE(bench_.now() - begin, 5 * 500ms);
        EXPECT_NE(uut().uut_state(1), CanState::bus_off);
        EXPECT_EQ(adapter_->counts(1).receive_errors, 0);
        EXPECT_GT(adapter_->counts(1).error_frames, errors) << "nobody acknowledged";
        received_ = 0;
        bench_.run_for(1s);
        EXPECT_GE(received_, 6) << "and all is as before";
        EXPECT_EQ(uut().uut_state(1), CanState::error_active);
    }
}

TEST_F(CanRateDetectionTest, SetsTheNodeBackAsItWas) {
    turn_on(250'000);
    for (const bool listens : {false, true}) {
        for (const std::uint32_t rate : {0U, 100'000U, 250'000U}) {
            adapter_->set_bit_rate(1, rate);
            adapter_->set_listen_only(1, listens);
            EXPECT_EQ(detect(), 250'000U);
            EXPECT_EQ(adapter_->settings(1).bit_rate, rate);
            EXPECT_EQ(adapter_->settings(1).listen_only, listens);
        }
    }
}

TEST_F(CanRateDetectionTest, AFrameOfTheRigsOwnIsNoAnswer) {
    turn_on(250'000);
    adapter_->set_bit_rate(1, 500'000);
    adapter_->send(1, can_frame_from("305#").value());  // stands on the wire when it begins
    EXPECT_EQ(detect(), 250'000U);
}

TEST_F(CanRateDetectionTest, SilenceIsToldWithEveryRate) {
    const CanRateFound found = search({.candidates = {250'000, 125'000}, .listening = 300ms});
    EXPECT_FALSE(found.bit_rate);
    EXPECT_EQ(found.heard, "250000 bit/s: silence, 125000 bit/s: silence");
    EXPECT_EQ(bench_.now(), Instant{600ms});
    EXPECT_FALSE(adapter_->settings(1).listen_only);
    EXPECT_EQ(adapter_->settings(1).bit_rate, 0U);
}

TEST_F(CanRateDetectionTest, ARateThatIsNotAmongThemShowsAsErrors) {
    turn_on(50'000);
    const CanRateFound found = search({.candidates = {250'000}});
    EXPECT_FALSE(found.bit_rate);
    EXPECT_THAT(found.heard, MatchesRegex("250000 bit/s: [1-9][0-9]* error frames"));
}

TEST_F(CanRateDetectionTest, WhatStopsTheRigLeavesNothingListening) {
    turn_on(250'000);
    adapter_->set_bit_rate(1, 500'000);
    const auto stopped = [&] {
        detect_can_bit_rate(*adapter_.operator->(), 1, {},
                            [](Duration) { throw Aborted("the operator"); });
    };
    EXPECT_EQ(text_of<Aborted>(stopped), "the operator");
    EXPECT_FALSE(adapter_->settings(1).listen_only);
    EXPECT_EQ(adapter_->settings(1).bit_rate, 500'000U);
}

TEST_F(CanRateDetectionTest, RefusesWhatFindsNothing) {
    EXPECT_THAT(text_of<InputError>([&] { detect({.candidates = {}}); }),
                HasSubstr("at least one bit rate"));
    EXPECT_THAT(text_of<InputError>([&] { detect({.candidates = {250'000, 0}}); }),
                HasSubstr("each in bit/s"));
    EXPECT_THAT(text_of<InputError>([&] { detect({.listening = 0s}); }),
                HasSubstr("expected more than 0 s"));
    EXPECT_THAT(text_of<RatingError>([&] { detect({.candidates = {9'600}}); }), HasSubstr("9600"));
    EXPECT_FALSE(adapter_->settings(1).listen_only);
    EXPECT_EQ(bench_.now(), Instant{});
}

TEST_F(CanRateDetectionTest, ANodeOffTheBusIsSaidAtOnce) {
    turn_on(250'000);
    adapter_->set_fault(1, CanFault::short_circuit);
    adapter_->send(1, can_frame_from("305#").value());
    bench_.run_for(100ms);
    EXPECT_THAT(text_of<InputError>([&] { detect(); }), HasSubstr("off the bus"));
    EXPECT_EQ(bench_.now(), Instant{100ms});
}

}  // namespace
}  // namespace bmsrig
