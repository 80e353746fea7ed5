// What every line bank must do. What a line feels comes from its sense terminals, or from what
// stands at the wires of a real one.
#include "drivers/contract/contract.h"
#include "drivers/gpio/testing/scripted_bench.h"
#include "rig/instruments/line_bank.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;

class LineBankContract : public DriverContract {
  protected:
    LineBank& bank() { return as<LineBank>(); }
    void drive(int channel, LineLevel level) { sense().drive(channel, level); }
    void run_for(Duration duration) { run_until(scheduler_.now() + duration); }
    void expect_counted_from_one(const std::vector<Edge>& edges, int channel) {
        std::uint64_t expected = 1;
        for (const Edge& edge : edges) {
            if (edge.channel == channel) {
                EXPECT_EQ(edge.sequence, expected++);
            }
        }
    }
};

TEST_P(LineBankContract, ReadsTheLevelThatItFeels) {
    for (const auto level : {LineLevel::active, LineLevel::inactive, LineLevel::active}) {
        drive(1, level);
        settle();
        EXPECT_EQ(bank().read(1), level);
    }
}

TEST_P(LineBankContract, CountsTheEdgesOfEachLineWithoutGaps) {
    std::vector<Edge> edges;
    for (int i = 0; i < 20; ++i) {
        drive(1, i % 2 == 0 ? LineLevel::active : LineLevel::inactive);
        if (i % 5 == 0) drive(2, i % 2 == 0 ? LineLevel::active : LineLevel::inactive);
        run_for(milliseconds{1});
        if (i % 3 != 0) continue;
        for (const Edge& edge : bank().take_edges()) edges.push_back(edge);
    }
    for (const Edge& edge : bank().take_edges()) edges.push_back(edge);
    EXPECT_EQ(std::ranges::count(edges, 1, &Edge::channel), 20);
    EXPECT_EQ(std::ranges::count(edges, 2, &Edge::channel), 4);
    expect_counted_from_one(edges, 1);
    expect_counted_from_one(edges, 2);
    EXPECT_TRUE(std::ranges::is_sorted(edges, {}, &Edge::time));
    EXPECT_TRUE(bank().take_edges().empty());
}

TEST_P(LineBankContract, StampsTheFirstContactAndReportsAfterTheDebounce) {
    drive(1, LineLevel::inactive);
    bank().set_debounce(1, milliseconds{20});
    run_for(milliseconds{50});
    bank().take_edges();
    const Instant contact = scheduler_.now();
    drive(1, LineLevel::active);
    run_for(milliseconds{19});
    EXPECT_EQ(bank().read(1), LineLevel::inactive);
    EXPECT_TRUE(bank().take_edges().empty());
    run_for(milliseconds{1});
    EXPECT_EQ(bank().read(1), LineLevel::active);
    const auto edges = bank().take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].time, contact);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    EXPECT_EQ(edges[0].channel, 1);
}

TEST_P(LineBankContract, TakesAGlitchForNoEdge) {
    drive(1, LineLevel::inactive);
    bank().set_debounce(1, milliseconds{20});
    run_for(milliseconds{50});
    bank().take_edges();
    drive(1, LineLevel::active);
    run_for(milliseconds{19});
    drive(1, LineLevel::inactive);
    run_for(milliseconds{100});
    EXPECT_EQ(bank().read(1), LineLevel::inactive);
    EXPECT_TRUE(bank().take_edges().empty());
}

TEST_P(LineBankContract, JoinsBiases) {
    for (const auto bias : {Bias::up, Bias::none, Bias::down}) {
        bank().set_bias(1, bias);
        EXPECT_EQ(bank().bias(1), bias);
    }
    bank().set_bias(1, Bias::up);
    bank().make_safe();
    EXPECT_EQ(bank().bias(1), Bias::down);
}

TEST_P(LineBankContract, RefusesWhatItCannotDo) {
    for (const int channel : {-1, 0, bank().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { bank().set_debounce(channel, milliseconds{1}); }, named);
        expect_refused([&] { bank().set_bias(channel, Bias::up); }, named);
        expect_refused([&] { (void)bank().bias(channel); }, named);
        expect_refused([&] { bank().read(channel); }, named);
    }
    expect_refused([&] { bank().set_debounce(1, Duration{-1}); }, "channel 1");
}

TEST_P(LineBankContract, SaysHowWellItStamps) {
    EXPECT_GE(bank().stamp_uncertainty(), Duration::zero());
}

TEST_P(LineBankContract, StartsAnewWithEachTest) {
    bank().set_debounce(1, milliseconds{20});
    drive(1, LineLevel::active);
    run_for(milliseconds{10});
    restart(seed);
    run_for(milliseconds{100});
    EXPECT_TRUE(bank().take_edges().empty());
    drive(1, LineLevel::inactive);  // without debounce, as after power-on
    const auto edges = bank().take_edges();
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].sequence, 1U);
}

INSTANTIATE_TEST_SUITE_P(Drivers, LineBankContract,
                         testing::Values(DriverCase{"virtual_line_bank", {}},
                                         scripted_gpio_line_bank()),
                         case_name);

}  // namespace
}  // namespace bmsrig
