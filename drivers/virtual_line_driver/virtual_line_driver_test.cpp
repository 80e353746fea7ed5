#include "rig/instruments/line_driver.h"

#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto driver = "virtual_line_driver";

TEST(VirtualLineDriverTest, HasTheDefaultsOfItsHeader) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {});
    EXPECT_EQ(contacts->channels(), 8);
    EXPECT_EQ(contacts->identify().model, "virtual line driver");
    contacts->set(1, true);
    EXPECT_EQ(contacts->settled_at(), Instant{milliseconds{1}});
}

TEST(VirtualLineDriverTest, AContactMovesAfterItsOperateTime) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {{"operate_time", "5 ms"}});
    std::vector<std::pair<Instant, int>> heard;
    contacts.source().on_terminal_change(
        [&](int channel) { heard.emplace_back(bench.now(), channel); });
    contacts->set(3, true);
    EXPECT_TRUE(contacts->is_closed(3));
    EXPECT_EQ(contacts.terminal(3), 0);
    bench.run_for(milliseconds{2});
    contacts->set(4, true);
    bench.run_for(milliseconds{20});
    const std::vector<std::pair<Instant, int>> expected{{Instant{milliseconds{5}}, 3},
                                                        {Instant{milliseconds{7}}, 4}};
    EXPECT_EQ(heard, expected);
    EXPECT_EQ(contacts.terminal(3), 1);
}

TEST(VirtualLineDriverTest, ContactsToldTogetherMoveTogether) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {});
    bool together = true;
    contacts.source().on_terminal_change([&](int) {
        together = together && contacts.terminal(1) == 1 && contacts.terminal(2) == 1;
    });
    contacts->set(1, true);
    contacts->set(2, true);
    EXPECT_EQ(bench.run_to_rest(), 1);
    EXPECT_TRUE(together);
}

TEST(VirtualLineDriverTest, APulseShorterThanTheOperateTimeMovesNothing) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {});
    int heard = 0;
    contacts.source().on_terminal_change([&](int) { ++heard; });
    contacts->set(1, true);
    bench.run_for(microseconds{500});
    contacts->set(1, false);
    EXPECT_EQ(contacts->settled_at(), Instant{microseconds{1500}});
    bench.run_for(milliseconds{10});
    EXPECT_EQ(heard, 0);
    EXPECT_EQ(contacts.terminal(1), 0);
}

TEST(VirtualLineDriverTest, WithoutOperateTimeMovesAtOnce) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {{"operate_time", "0 s"}});
    contacts->set(1, true);
    EXPECT_EQ(contacts.terminal(1), 1);
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
}

TEST(VirtualLineDriverTest, ToldTwiceMovesOnce) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {});
    contacts->set(1, true);
    bench.run_for(milliseconds{10});
    contacts->set(1, true);
    EXPECT_EQ(contacts->settled_at(), Instant{milliseconds{1}});
    EXPECT_FALSE(bench.scheduler.next_due().has_value());
}

TEST(VirtualLineDriverTest, CarriesAnyLoad) {
    Workbench bench;
    const auto contacts = bench.make<LineDriver>(driver, {});
    contacts.source().set_load(1, 0.25);
    EXPECT_EQ(contacts.terminal(1), 0);
    EXPECT_THROW(contacts.source().set_load(1, -1), Error);
    EXPECT_THROW(contacts.source().set_load(9, 0), RatingError);
}

}  // namespace
}  // namespace bmsrig
