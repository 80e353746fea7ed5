// What the rig's thread tells of itself.
#include "rig/guard/watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

class WatchTest : public testing::Test {
  protected:
    ~WatchTest() override { Watch::set_active(nullptr); }
    /// By when it is to tell again, from now on; what the test itself takes is left out.
    template <typename Telling>
    Duration due_after(const Telling& tell, Duration expected) {
        const std::int64_t before = monotonic_ns();
        tell();
        const std::int64_t after = monotonic_ns();
        const std::int64_t due = page->due;
        EXPECT_GE(due, before + expected.count());
        EXPECT_LE(due, after + expected.count());
        return Duration(due - before);
    }
    [[nodiscard]] Watch::Where told() const {
        return static_cast<Watch::Where>(page->where.load());
    }

    SharedWatchPage page;
    Watch watch{*page.operator->(), {.plan = 60s, .stuck = 50ms, .silence = 60ms}};
};

TEST_F(WatchTest, ThePlanAndTheUutHaveThePlansTime) {
    for (const auto where : {Watch::Where::plan, Watch::Where::uut}) {
        due_after([&] { watch.be(where); }, 60s);
        EXPECT_EQ(told(), where);
    }
}

TEST_F(WatchTest, TheRigAndItsDriversHaveLittle) {
    for (const auto where : {Watch::Where::rig, Watch::Where::driver}) {
        due_after([&] { watch.be(where); }, 50ms);
        EXPECT_EQ(told(), where);
    }
}

TEST_F(WatchTest, WhoLetsTimeRunSaysForHowLong) {
    due_after([&] { watch.wait_at_most(200ms); }, 250ms);
    EXPECT_EQ(told(), Watch::Where::waiting);
}

TEST_F(WatchTest, TellsWhichThreadItIsAndHowMuchOfAProcessorItHad) {
    watch.be(Watch::Where::rig);
    EXPECT_EQ(page->rig_thread, ::gettid());
    const std::int64_t before = page->processor_time;
    EXPECT_GT(before, 0);
    timespec used{};
    do {  // work
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    } while (used.tv_sec * 1'000'000'000 + used.tv_nsec <= before);
    watch.be(Watch::Where::rig);
    EXPECT_GT(page->processor_time, before);
}

TEST_F(WatchTest, AScopeEndsWhereItBegan) {
    Watch::set_active(&watch);
    watch.be(Watch::Where::uut);
    {
        const Watch::Scope scope(Watch::Where::driver);
        EXPECT_EQ(told(), Watch::Where::driver);
    }
    EXPECT_EQ(told(), Watch::Where::uut);
}

TEST_F(WatchTest, AScopeTellsNothingWhenTheWatchHasEndedOrBegunWithinIt) {
    Watch::set_active(&watch);
    {
        const Watch::Scope scope(Watch::Where::driver);
        Watch::set_active(nullptr);
    }
    EXPECT_EQ(told(), Watch::Where::driver);
    {
        const Watch::Scope scope(Watch::Where::rig);
        Watch::set_active(&watch);
    }
    EXPECT_EQ(told(), Watch::Where::driver);
}

}  // namespace
}  // namespace bmsrig
