// The drivers of GPIO lines on the kernel's own simulated chip.
#include <gmock/gmock.h>
#include <unistd.h>

#include "drivers/contract/contract.h"
#include "drivers/gpio/testing/simulated_chip.h"
#include "drivers/gpio/testing/simulated_hog.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class GpioKernelTest : public SimulatedChip {
  protected:
    static bool is_v1() { return kernel_gpio().library().starts_with("libgpiod 1."); }
    static bool has_gap(const std::vector<Edge>& edges) {
        std::uint64_t expected = 0;
        return std::ranges::any_of(edges,
                                   [&](const Edge& edge) { return edge.sequence != ++expected; });
    }
};

TEST_F(GpioKernelTest, FindsTheChipAndItsLines) {
    const auto chip = kernel_gpio().open(chip_);
    EXPECT_EQ(chip->path(), chip_);
    EXPECT_EQ("/dev/" + chip->name(), chip_);
    EXPECT_GE(chip->lines(), 16U);
    EXPECT_EQ(chip->info(3).name, "LINE_3");
    EXPECT_FALSE(chip->info(3).used);
    const auto lines = bank("LINE_3 4");
    EXPECT_EQ(lines->channels(), 2);
    EXPECT_EQ(chip->info(3).consumer, "bmsrig lines");
    EXPECT_TRUE(chip->info(4).used);
    EXPECT_EQ(lines->identify().model, chip->label());
    EXPECT_EQ(lines->identify().firmware, kernel_gpio().library());
}

TEST_F(GpioKernelTest, ReadsTheLevelThatStandsThere) {
    const auto lines = bank("LINE_0 LINE_1", {{"active_low", "LINE_1"}});
    EXPECT_EQ(lines->read(1), LineLevel::inactive);
    EXPECT_EQ(lines->read(2), LineLevel::active);
    sim_->pull(0, true);
    sim_->pull(1, true);
    edges_of(*lines, 2);
    EXPECT_EQ(lines->read(1), LineLevel::active);
    EXPECT_EQ(lines->read(2), LineLevel::inactive);
}

TEST_F(GpioKernelTest, StampsBothEdgesBetweenBeforeAndAfter) {
    const auto lines = bank("LINE_2");
    for (const bool up : {true, false, true}) {
        const Instant before = reactor_.now();
        sim_->pull(2, up);
        const auto edges = edges_of(*lines, 1);
        ASSERT_EQ(edges.size(), 1U);
        EXPECT_EQ(edges[0].level, up ? LineLevel::active : LineLevel::inactive);
        EXPECT_GE(edges[0].time, before);
        EXPECT_LE(edges[0].time, reactor_.now());
    }
}

TEST_F(GpioKernelTest, LosesNoneOf2000Edges) {
    const auto lines = bank("LINE_5");
    std::vector<Edge> edges;
    for (std::size_t i = 0; i < 2000; ++i) {
        sim_->pull(5, i % 2 == 0);
        for (const Edge& edge : edges_of(*lines, 1)) edges.push_back(edge);
    }
    ASSERT_EQ(edges.size(), 2000U);
    EXPECT_FALSE(has_gap(edges));
    EXPECT_TRUE(std::ranges::is_sorted(edges, {}, &Edge::time));
    for (std::size_t i = 0; i < edges.size(); ++i) {
        ASSERT_EQ(edges[i].level, i % 2 == 0 ? LineLevel::active : LineLevel::inactive) << i;
    }
}

TEST_F(GpioKernelTest, KeepsTheOrderOfManyLines) {
    const auto lines = bank("0 1 2 3 4 5 6 7");
    for (unsigned line = 0; line < 8; ++line) sim_->pull(line, true);
    const auto edges = edges_of(*lines, 8);
    ASSERT_EQ(edges.size(), 8U);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(edges[static_cast<std::size_t>(i)].channel, i + 1);
}

TEST_F(GpioKernelTest, ABufferThatOverflowsLeavesAGap) {
    const auto lines = bank("LINE_6", {{"event_buffer", "16"}});
    for (int i = 0; i < 100; ++i) sim_->pull(6, i % 2 == 0);  // nobody reads meanwhile
    EXPECT_TRUE(has_gap(edges_of(*lines, 1)));
}

TEST_F(GpioKernelTest, ABufferThatIsLargeEnoughKeepsAll) {
    if (is_v1()) GTEST_SKIP() << "libgpiod 1.6 has a buffer of 16";
    const auto lines = bank("LINE_6", {{"event_buffer", "256"}});
    for (int i = 0; i < 100; ++i) sim_->pull(6, i % 2 == 0);
    const auto edges = edges_of(*lines, 100);
    EXPECT_EQ(edges.size(), 100U);
    EXPECT_FALSE(has_gap(edges));
}

TEST_F(GpioKernelTest, JoinsTheResistorOfOnePinAlone) {
    const auto lines = bank("LINE_7 LINE_8");
    lines->set_bias(1, Bias::up);  // the simulated line follows its resistor
    const auto edges = edges_of(*lines, 1);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].channel, 1);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].sequence, 1U);
    EXPECT_EQ(lines->read(2), LineLevel::inactive);
    lines->set_bias(1, Bias::down);
    EXPECT_EQ(edges_of(*lines, 1)[0].sequence, 2U);
    // And it still sees edges.
    sim_->pull(7, true);
    EXPECT_EQ(edges_of(*lines, 1)[0].sequence, 3U);
}

TEST_F(GpioKernelTest, SwitchedResistorsDriveTheirOutputs) {
    const auto lines = bank("LINE_0", {{"bias", "outputs"}, {"pull_up", "1"}, {"pull_down", "2"}});
    EXPECT_FALSE(sim_->value(1));
    EXPECT_TRUE(sim_->value(2));
    lines->set_bias(1, Bias::up);
    EXPECT_TRUE(sim_->value(1));
    EXPECT_FALSE(sim_->value(2));
    lines->set_bias(1, Bias::none);
    EXPECT_FALSE(sim_->value(1));
    EXPECT_FALSE(sim_->value(2));
}

TEST_F(GpioKernelTest, ABouncingContactIsOneEdgeAtItsFirstContact) {
    const auto lines = bank("LINE_9");
    lines->set_debounce(1, std::chrono::seconds{2});  // longer than any pause of this program
    const Instant before = reactor_.now();
    sim_->pull(9, true);
    const Instant after = reactor_.now();
    for (const bool up : {false, true, false, true}) {
        run_for(milliseconds{5});
        sim_->pull(9, up);
    }
    const auto edges = edges_of(*lines, 1);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].sequence, 1U);
    EXPECT_GE(edges[0].time, before);
    EXPECT_LE(edges[0].time, after + milliseconds{5});
}

TEST_F(GpioKernelTest, TheKernelDebouncesWhereItCan) {
    const auto lines = bank("LINE_10", {{"debounce", "kernel"}});
    if (is_v1()) {
        EXPECT_THAT(text_of<InstrumentError>([&] { lines->set_debounce(1, milliseconds{20}); }),
                    HasSubstr("libgpiod 1.6"));
        return;
    }
    lines->set_debounce(1, milliseconds{200});
    sim_->pull(10, true);
    sim_->pull(10, false);
    run_for(milliseconds{400});
    EXPECT_TRUE(lines->take_edges().empty());
    const Instant before = reactor_.now();
    sim_->pull(10, true);
    const auto edges = edges_of(*lines, 1);
    EXPECT_GE(reactor_.now(), before + milliseconds{200});
    EXPECT_GE(edges[0].time, before - lines->stamp_uncertainty());
    EXPECT_LE(edges[0].time, reactor_.now() - milliseconds{200});
}

TEST_F(GpioKernelTest, ANewTestCountsAnew) {
    const auto lines = bank("LINE_11");
    sim_->pull(11, true);
    edges_of(*lines, 1);
    scheduler_.restart();
    reactor_.restart();
    lines->restart(1);
    EXPECT_EQ(lines->read(1), LineLevel::active);
    sim_->pull(11, false);
    const auto edges = edges_of(*lines, 1);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].sequence, 1U);
    EXPECT_GE(edges[0].time, Instant{});
}

TEST_F(GpioKernelTest, ALineThatSomebodyHoldsNamesHim) {
    const auto first = bank("LINE_12", {}, "first");
    const std::string text = text_of<InstrumentError>([&] { bank("LINE_12"); });
    EXPECT_THAT(text, HasSubstr("line 12 (LINE_12) of " + chip_));
    EXPECT_THAT(text, HasSubstr("\"bmsrig first\" holds it"));
}

TEST_F(GpioKernelTest, ALineIsFreeAgainWhenItsInstrumentEnds) {
    bank("LINE_12").reset();
    contacts("LINE_12").reset();
    EXPECT_NO_THROW(bank("LINE_12"));
}

TEST_F(GpioKernelTest, AHogIsNamed) {
    const SimulatedHog hog;
    if (!hog.is_there()) GTEST_SKIP() << "this user may not make a simulated chip";
    const std::string text = text_of<InstrumentError>([&] {
        make_instrument(spec_of("lines", "gpio_line_bank", {{"chip", hog.chip()}, {"lines", "1"}}),
                        {scheduler_, 1, &reactor_});
    });
    EXPECT_THAT(text, HasSubstr("\"watchdog\" holds it"));
    EXPECT_THAT(text, HasSubstr("hog"));
}

TEST_F(GpioKernelTest, AMissingChipNamesThisOne) {
    const std::string text = text_of<InstrumentError>([&] {
        make_instrument(
            spec_of("lines", "gpio_line_bank", {{"chip", "gpiochip999"}, {"lines", "1"}}),
            {scheduler_, 1, &reactor_});
    });
    EXPECT_THAT(text, HasSubstr("\"gpiochip999\""));
    EXPECT_THAT(text, HasSubstr(chip_));
}

TEST_F(GpioKernelTest, AMissingLineNamesTheNearest) {
    EXPECT_THAT(text_of<InputError>([&] { bank("LIME_3"); }), HasSubstr("did you mean \"LINE_3\""));
}

TEST_F(GpioKernelTest, AUserWithoutRightsIsToldOfTheGroup) {
    constexpr uid_t nobody = 65534;
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody without rights";
    ASSERT_EQ(seteuid(nobody), 0);
    const std::string text = text_of<InstrumentError>([&] { bank("LINE_1"); });
    ASSERT_EQ(seteuid(0), 0);
    EXPECT_THAT(text, HasSubstr(chip_ + " could not be opened"));
    EXPECT_THAT(text, HasSubstr("usermod -aG gpio"));
}

TEST_F(GpioKernelTest, ContactsDriveTheirLines) {
    auto switches =
        contacts("LINE_13 LINE_14", {{"active_low", "LINE_14"}, {"safe", "open closed"}});
    EXPECT_FALSE(sim_->value(13));
    EXPECT_TRUE(sim_->value(14));
    switches->set(1, true);
    EXPECT_TRUE(sim_->value(13));
    switches->make_safe();
    EXPECT_FALSE(sim_->value(13));
    EXPECT_FALSE(sim_->value(14));
    const auto actions = switches->safe_actions();
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_EQ(actions[0].path, chip_);
}

}  // namespace
}  // namespace bmsrig
