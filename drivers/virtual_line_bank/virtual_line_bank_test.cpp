#include "rig/instruments/line_bank.h"

#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto driver = "virtual_line_bank";

class VirtualLineBankTest : public testing::Test {
  protected:
    void at(Duration time, LineLevel level) {
        bench_.scheduler.run_until(Instant{time});
        bank_.sense().drive(1, level);
    }
    /// Settled at inactive, edges taken.
    void begin_with_debounce(Duration debounce) {
        bank_.sense().drive(1, LineLevel::inactive);
        bank_->take_edges();
        bank_->set_debounce(1, debounce);
    }
    std::vector<Edge> edges_until(Duration time) {
        bench_.scheduler.run_until(Instant{time});
        return bank_->take_edges();
    }

    Workbench bench_;
    Made<LineBank> bank_{bench_.make<LineBank>(driver, {})};
};

TEST_F(VirtualLineBankTest, HasTheDefaultsOfItsHeader) {
    EXPECT_EQ(bank_->channels(), 8);
    EXPECT_EQ(bank_->stamp_uncertainty(), microseconds{1});
    EXPECT_EQ(bank_->identify().model, "virtual line bank");
    EXPECT_EQ(bank_->bias(1), Bias::down);
    EXPECT_EQ(bank_->read(1), LineLevel::indeterminate);
}

TEST_F(VirtualLineBankTest, TheFirstLevelIsTheFirstEdge) {
    bank_.sense().drive(1, LineLevel::inactive);
    const auto edges = bank_->take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::inactive);
    EXPECT_EQ(edges[0].sequence, 1U);
    bank_.sense().drive(1, LineLevel::inactive);
    EXPECT_TRUE(bank_->take_edges().empty());
}

TEST_F(VirtualLineBankTest, ABouncingContactIsOneEdgeAtItsFirstContact) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::active);
    at(milliseconds{103}, LineLevel::inactive);
    at(milliseconds{104}, LineLevel::active);
    at(milliseconds{110}, LineLevel::inactive);
    at(milliseconds{111}, LineLevel::active);
    EXPECT_EQ(bank_->settled_at(), Instant{milliseconds{131}});
    EXPECT_TRUE(edges_until(milliseconds{130}).empty());
    const auto edges = edges_until(milliseconds{131});
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{100}});
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].sequence, 2U);
}

TEST_F(VirtualLineBankTest, AGlitchLongAgoDoesNotStampALaterEdge) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::active);
    at(milliseconds{101}, LineLevel::inactive);
    at(milliseconds{200}, LineLevel::active);
    const auto edges = edges_until(milliseconds{300});
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{200}});
}

TEST_F(VirtualLineBankTest, ALevelOfExactlyTheDebounceCounts) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::active);
    at(milliseconds{120}, LineLevel::inactive);
    const auto edges = edges_until(milliseconds{200});
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{100}});
    EXPECT_EQ(edges[1].time, Instant{milliseconds{120}});
}

TEST_F(VirtualLineBankTest, ALevelCountsAlsoIfItsEndComesBeforeTheEventThatWouldSaySo) {
    bank_.sense().drive(1, LineLevel::inactive);
    bank_->take_edges();
    bank_->set_debounce(1, milliseconds{20});
    // This event at the end of the debounce was scheduled before the bank's own.
    bench_.scheduler.schedule(Instant{milliseconds{120}},
                              [&] { bank_.sense().drive(1, LineLevel::inactive); });
    at(milliseconds{100}, LineLevel::active);
    EXPECT_EQ(edges_until(milliseconds{200}).size(), 2U);
}

TEST_F(VirtualLineBankTest, StampsEachLevelWithItsOwnFirstContact) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::indeterminate);  // on its way through the thresholds
    at(milliseconds{102}, LineLevel::active);
    const auto edges = edges_until(milliseconds{200});
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, Instant{milliseconds{102}});
    EXPECT_EQ(edges[0].level, LineLevel::active);
}

TEST_F(VirtualLineBankTest, ALineThatNobodyDrivesReadsIndeterminate) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::indeterminate);
    const auto edges = edges_until(milliseconds{200});
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].level, LineLevel::indeterminate);
    EXPECT_EQ(bank_->read(1), LineLevel::indeterminate);
}

TEST_F(VirtualLineBankTest, WithoutDebounceEveryChangeIsAnEdge) {
    begin_with_debounce(Duration::zero());
    at(milliseconds{100}, LineLevel::active);
    bank_.sense().drive(1, LineLevel::inactive);
    const auto edges = bank_->take_edges();
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[0].time, edges[1].time);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_FALSE(bench_.scheduler.next_due().has_value());
}

TEST_F(VirtualLineBankTest, AnotherDebounceActsOnALevelThatWaits) {
    begin_with_debounce(milliseconds{20});
    at(milliseconds{100}, LineLevel::active);
    bank_->set_debounce(1, milliseconds{50});
    EXPECT_TRUE(edges_until(milliseconds{149}).empty());
    bank_->set_debounce(1, milliseconds{10});
    EXPECT_EQ(bank_->take_edges().size(), 1U);
}

TEST_F(VirtualLineBankTest, ADebounceBeyondAnHourIsRefused) {
    EXPECT_NO_THROW(bank_->set_debounce(1, std::chrono::hours{1}));
    EXPECT_THROW(bank_->set_debounce(1, std::chrono::hours{1} + Duration{1}), RatingError);
}

TEST_F(VirtualLineBankTest, SortsEdgesOfLinesWithDifferentDebounces) {
    bank_->set_debounce(1, milliseconds{50});
    bank_.sense().drive(1, LineLevel::active);
    bench_.run_for(milliseconds{10});
    bank_.sense().drive(2, LineLevel::active);
    const auto edges = edges_until(milliseconds{100});
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_EQ(edges[0].channel, 1);
    EXPECT_EQ(edges[1].channel, 2);
}

TEST_F(VirtualLineBankTest, TellsTheWiringOfANewBiasOnly) {
    std::vector<std::pair<int, Bias>> heard;
    bank_.sense().on_bias_change(
        [&](int channel, Bias bias) { heard.emplace_back(channel, bias); });
    bank_->set_bias(3, Bias::down);  // it is that already
    bank_->set_bias(3, Bias::up);
    bank_->set_bias(4, Bias::none);
    bank_->make_safe();
    const std::vector<std::pair<int, Bias>> expected{
        {3, Bias::up}, {4, Bias::none}, {3, Bias::down}, {4, Bias::down}};
    EXPECT_EQ(heard, expected);
}

TEST_F(VirtualLineBankTest, AFullBufferLosesTheOldestEdgesAndTheSequenceShowsIt) {
    auto small = bench_.make<LineBank>(driver, {{"buffer", "4"}});
    for (int i = 0; i < 10; ++i) {
        small.sense().drive(1, i % 2 == 0 ? LineLevel::active : LineLevel::inactive);
    }
    const auto edges = small->take_edges();
    ASSERT_EQ(edges.size(), 4U);
    EXPECT_EQ(edges.front().sequence, 7U);
    EXPECT_EQ(edges.back().sequence, 10U);
}

TEST_F(VirtualLineBankTest, ChannelsThatItDoesNotHaveAreRefused) {
    EXPECT_THROW(bank_.sense().drive(9, LineLevel::active), RatingError);
}

}  // namespace
}  // namespace bmsrig
