#include "drivers/gpio/gpio_line_bank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "drivers/gpio/testing/scripted_bench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GpioLineBankTest : public testing::Test {
  protected:
    /// LINE_2 and LINE_5, unless the options say otherwise.
    LineBank& make(const Options& more = {}) {
        Options options{{"chip", "gpiochip0"}};
        if (std::ranges::find(more, "lines", &Options::value_type::first) == more.end()) {
            options.emplace_back("lines", "LINE_2 5");
        }
        options.insert(options.end(), more.begin(), more.end());
        InstrumentSpec spec = spec_of("lines", "gpio_line_bank", options);
        instrument_ = make_gpio_line_bank(spec, {scheduler_, 1, &reactor_}, gpio_);
        spec.finish();
        return dynamic_cast<LineBank&>(*instrument_);
    }
    /// Requests that only read are of no interest.
    std::vector<std::string> take_requests() {
        auto requests = gpio_.take_requests();
        std::erase_if(requests, [](const auto& it) { return it.starts_with("read"); });
        return requests;
    }
    void drive(unsigned offset, bool high) {
        gpio_.drive(offset, high, stamp());
        reactor_.io().poll();
    }
    void tell(unsigned offset, bool active, bool after_loss = false) {
        gpio_.tell(offset, {stamp(), active, after_loss});
        reactor_.io().poll();
    }
    void run_for(Duration duration) { scheduler_.run_until(scheduler_.now() + duration); }
    [[nodiscard]] Duration stamp() const { return stamp_of(reactor_, scheduler_.now()); }

    Scheduler scheduler_;
    Reactor reactor_;
    ScriptedGpio gpio_;
    std::unique_ptr<Instrument> instrument_;
};

TEST_F(GpioLineBankTest, RequestsEachLineWithBothEdgesAndItsSettings) {
    make({{"active_low", "5"}, {"event_buffer", "256"}});
    EXPECT_THAT(
        take_requests(),
        ElementsAre("open /dev/gpiochip0",
                    "input 2 for bmsrig lines: bias down, debounce 0 s, buffer 256",
                    "input 5 for bmsrig lines: bias down, active low, debounce 0 s, buffer 256"));
}

TEST_F(GpioLineBankTest, StampsAnEdgeWithTheKernelsTimeNotWithThatOfReading) {
    LineBank& bank = make();
    run_for(milliseconds{5});
    gpio_.drive(2, true, stamp());
    run_for(milliseconds{40});  // the rig comes late
    reactor_.io().poll();
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{5}});
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].channel, 1);
    EXPECT_EQ(bank.read(1), LineLevel::active);
}

TEST_F(GpioLineBankTest, ActiveLowTurnsLevelsAround) {
    gpio_.line(5).level = true;
    LineBank& bank = make({{"active_low", "all"}});
    EXPECT_EQ(bank.read(1), LineLevel::active);
    EXPECT_EQ(bank.read(2), LineLevel::inactive);
    drive(5, false);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::active);
}

TEST_F(GpioLineBankTest, EventsThatWaitCountBeforeTheDebounceIsOver) {
    LineBank& bank = make();
    bank.set_debounce(1, milliseconds{20});
    drive(2, true);
    run_for(milliseconds{15});
    gpio_.drive(2, false, stamp());  // nobody has read it when the debounce of 20 ms ends
    run_for(milliseconds{1});
    gpio_.drive(2, true, stamp());
    run_for(milliseconds{10});
    EXPECT_THAT(bank.take_edges(), IsEmpty());
    run_for(milliseconds{10});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{});
}

TEST_F(GpioLineBankTest, EdgesThatTheKernelDroppedLeaveAGap) {
    LineBank& bank = make();
    drive(2, true);
    tell(2, true, true);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[0].sequence, 1U);
    EXPECT_EQ(edges[1].sequence, 3U);
}

TEST_F(GpioLineBankTest, DroppedEdgesLeaveAGapAlsoWithinADebounce) {
    LineBank& bank = make();
    bank.set_debounce(1, milliseconds{20});
    tell(2, false, true);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].sequence, 2U);
}

TEST_F(GpioLineBankTest, TwoEdgesToTheSameLevelLeaveAGapWhereNobodyDebounces) {
    LineBank& bank = make();
    drive(2, true);
    tell(2, true);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[1].sequence, 3U);
}

TEST_F(GpioLineBankTest, TwoEdgesToTheSameLevelAreABounceUnderADebounce) {
    LineBank& bank = make();
    bank.set_debounce(1, milliseconds{20});
    run_for(milliseconds{7});
    drive(2, true);
    run_for(milliseconds{3});
    tell(2, true);  // too short for the kernel to see it low
    run_for(milliseconds{19});
    EXPECT_THAT(bank.take_edges(), IsEmpty());
    run_for(milliseconds{1});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{7}});
    EXPECT_EQ(edges[0].sequence, 1U);
}

TEST_F(GpioLineBankTest, ALevelThatNoEdgeExplainsLeavesAGap) {
    LineBank& bank = make();
    drive(2, true);
    bank.take_edges();
    gpio_.line(2).level = false;  // and nobody tells of it
    EXPECT_EQ(bank.read(1), LineLevel::active);
    run_for(milliseconds{99});
    EXPECT_THAT(bank.take_edges(), IsEmpty());
    run_for(milliseconds{1});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::inactive);
    EXPECT_EQ(edges[0].sequence, 3U);
}

// Nobody asks for its level.
TEST_F(GpioLineBankTest, AnEdgeThatIsLostAfterAnotherLeavesAGap) {
    LineBank& bank = make();
    drive(2, true);
    gpio_.line(2).level = false;
    run_for(milliseconds{100});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[1].level, LineLevel::inactive);
    EXPECT_EQ(edges[1].sequence, 3U);
}

TEST_F(GpioLineBankTest, AnEdgeThatIsLostAloneLeavesAGapOnceItsLevelIsRead) {
    LineBank& bank = make();
    gpio_.line(2).level = true;
    EXPECT_EQ(bank.read(1), LineLevel::inactive);
    run_for(milliseconds{100});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].sequence, 2U);
    EXPECT_EQ(bank.read(1), LineLevel::active);
}

// Back after 15 ms, as reading says; the kernel tells of it only at 25 ms.
TEST_F(GpioLineBankTest, AnEdgeOnItsWayEndsADebounceInTime) {
    LineBank& bank = make();
    bank.set_debounce(1, milliseconds{20});
    drive(2, true);
    run_for(milliseconds{15});
    gpio_.line(2).level = false;
    const Duration back = stamp();
    run_for(milliseconds{10});
    EXPECT_THAT(bank.take_edges(), IsEmpty());
    gpio_.tell(2, {back, false, false});
    reactor_.io().poll();
    run_for(milliseconds{200});
    EXPECT_THAT(bank.take_edges(), IsEmpty()) << "15 ms are no level";
}

TEST_F(GpioLineBankTest, HasSettledWithTheLastOfItsLines) {
    LineBank& bank = make({{"bias_settling", "3 ms"}});
    bank.set_debounce(2, milliseconds{20});
    run_for(milliseconds{5});
    drive(5, true);
    EXPECT_EQ(bank.settled_at(), Instant{milliseconds{25}});
    bank.set_bias(1, Bias::up);
    EXPECT_EQ(bank.settled_at(), Instant{milliseconds{25}});
    run_for(milliseconds{45});
    bank.set_bias(1, Bias::none);
    EXPECT_EQ(bank.settled_at(), Instant{milliseconds{53}});
    scheduler_.restart();
    reactor_.restart();
    bank.restart(1);
    EXPECT_EQ(bank.settled_at(), Instant{});
}

TEST_F(GpioLineBankTest, AnEdgeThatComesSoonExplainsALevel) {
    LineBank& bank = make();
    gpio_.tell(2, {stamp(), true, false});
    gpio_.line(2).level = false;  // it is back already, says reading it
    reactor_.io().poll();
    run_for(milliseconds{50});
    tell(2, false);
    run_for(milliseconds{200});
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[0].sequence, 1U);
    EXPECT_EQ(edges[1].sequence, 2U);
    EXPECT_EQ(edges[1].level, LineLevel::inactive);
}

TEST_F(GpioLineBankTest, ChangesTheBiasOfOneLineAlone) {
    LineBank& bank = make();
    take_requests();
    bank.set_bias(2, Bias::up);
    bank.set_bias(2, Bias::up);
    EXPECT_THAT(take_requests(), ElementsAre("configure 5: bias up, debounce 0 s, buffer 64"));
    bank.make_safe();
    EXPECT_THAT(take_requests(), ElementsAre("configure 5: bias down, debounce 0 s, buffer 64"));
}

TEST_F(GpioLineBankTest, WhatALineDidWhileItWasReleasedIsAnEdgeAtThatMoment) {
    gpio_.reopens = true;
    LineBank& bank = make();
    run_for(milliseconds{3});
    gpio_.line(2).level = true;  // what the other resistor will do
    bank.set_bias(1, Bias::up);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{3}});
    EXPECT_EQ(edges[0].sequence, 1U);
    run_for(milliseconds{1});
    drive(2, false);
    EXPECT_EQ(bank.take_edges().size(), 1U);
}

TEST_F(GpioLineBankTest, ResistorsBehindOutputsAreNeverBothJoined) {
    LineBank& bank = make({{"bias", "outputs"},
                           {"pull_up", "0 1"},
                           {"pull_down", "6 7"},
                           {"pull_active_low", "6"},
                           {"bias_settling", "15 ms"}});
    EXPECT_THAT(
        take_requests(),
        ElementsAre("open /dev/gpiochip0", "output 0 for bmsrig lines: inactive",
                    "output 6 for bmsrig lines: active low, active",
                    "output 1 for bmsrig lines: inactive", "output 7 for bmsrig lines: active",
                    "input 2 for bmsrig lines: bias none, debounce 0 s, buffer 64",
                    "input 5 for bmsrig lines: bias none, debounce 0 s, buffer 64"));
    bank.set_bias(2, Bias::up);
    EXPECT_THAT(take_requests(), ElementsAre("set 7 inactive", "set 1 active"));
    EXPECT_EQ(bank.settled_at(), Instant{milliseconds{15}});
    bank.set_bias(2, Bias::none);
    EXPECT_THAT(take_requests(), ElementsAre("set 1 inactive", "set 7 inactive"));
    bank.set_bias(2, Bias::down);
    EXPECT_THAT(take_requests(), ElementsAre("set 1 inactive", "set 7 active"));
}

TEST_F(GpioLineBankTest, AFixedResistorIsAllThereIs) {
    LineBank& bank = make({{"bias", "none"}, {"fixed_pull_up", "5"}});
    EXPECT_EQ(bank.bias(1), Bias::down);
    EXPECT_EQ(bank.bias(2), Bias::up);
    EXPECT_NO_THROW(bank.set_bias(2, Bias::up));
    try {
        bank.set_bias(2, Bias::down);
        FAIL() << "it cannot do that";
    } catch (const BenchCannot& cannot) {
        EXPECT_EQ(cannot.ability(), "line_bias");
        EXPECT_THAT(cannot.what(), HasSubstr("\"lines\", channel 2"));
    }
    EXPECT_EQ(bank.bias(2), Bias::up);
}

TEST_F(GpioLineBankTest, TheKernelsDebounceIsTakenOffItsStamps) {
    LineBank& bank = make({{"debounce", "kernel"}});
    take_requests();
    bank.set_debounce(1, milliseconds{20});
    EXPECT_THAT(take_requests(), ElementsAre("configure 2: bias down, debounce 0.02 s, buffer 64"));
    EXPECT_EQ(bank.stamp_uncertainty(), milliseconds{10});
    run_for(milliseconds{50});
    drive(2, true);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{30}});
    take_requests();
    bank.restart(1);
    EXPECT_THAT(take_requests(), ElementsAre("configure 2: bias down, debounce 0 s, buffer 64"))
        << "no test has the debounce of another";
}

TEST_F(GpioLineBankTest, AnEdgeHasTheTimeOfItsOwnTest) {
    LineBank& bank = make();
    run_for(milliseconds{50});
    drive(2, true);
    bank.take_edges();
    scheduler_.restart();
    bank.restart(1);
    run_for(milliseconds{5});
    drive(2, false);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{5}});
}

TEST_F(GpioLineBankTest, ANewTestForgetsWhatWaitedAndWhatWasBeforeIt) {
    LineBank& bank = make();
    bank.set_debounce(1, milliseconds{20});
    bank.set_bias(1, Bias::up);
    drive(2, true);
    gpio_.drive(5, true, stamp());
    scheduler_.restart();
    const Duration before = stamp_of(reactor_, Instant{}) - milliseconds{1};
    take_requests();
    bank.restart(1);
    EXPECT_THAT(take_requests(), ElementsAre("configure 2: bias down, debounce 0 s, buffer 64"));
    EXPECT_EQ(bank.bias(1), Bias::down);
    gpio_.drive(5, false, before);
    reactor_.io().poll();
    EXPECT_THAT(bank.take_edges(), IsEmpty());
    EXPECT_EQ(bank.read(1), LineLevel::active);
    EXPECT_EQ(bank.read(2), LineLevel::inactive);
    drive(5, true);
    const auto edges = bank.take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].sequence, 1U);
}

TEST_F(GpioLineBankTest, HoldIsLeftAlone) {
    LineBank& bank = make({{"safe", "hold"}});
    bank.set_bias(1, Bias::up);
    bank.make_safe();
    EXPECT_EQ(bank.bias(1), Bias::up);
}

TEST_F(GpioLineBankTest, SaysWhoItIs) {
    const Identity identity =
        make({{"serial_number", "rack 3"}, {"calibrated", "2026-05-04"}}).identify();
    EXPECT_EQ(identity.model, "scripted");
    EXPECT_EQ(identity.serial, "rack 3");
    EXPECT_EQ(identity.firmware, "libgpiod 0.0");
    EXPECT_EQ(identity.calibrated, "2026-05-04");
}

TEST_F(GpioLineBankTest, AChipThatGoesAwayIsAnError) {
    LineBank& bank = make();
    gpio_.tell(2, {stamp(), true, false});
    gpio_.fail("read 2", ENODEV);
    const std::string text = text_of<InstrumentError>([&] { reactor_.io().poll(); });
    EXPECT_THAT(text, HasSubstr("instrument \"lines\": line 2 (LINE_2) of /dev/gpiochip0"));
    EXPECT_THAT(text, HasSubstr("the chip has gone"));
    EXPECT_THROW(bank.read(1), InstrumentError);
    EXPECT_NO_THROW(bank.read(2));
}

TEST_F(GpioLineBankTest, NeedsRealTime) {
    InstrumentSpec spec =
        spec_of("lines", "gpio_line_bank", {{"chip", "scripted"}, {"lines", "1"}});
    EXPECT_THROW(make_gpio_line_bank(spec, {scheduler_}, gpio_), InputError);
}

}  // namespace
}  // namespace bmsrig
