// The guard's judgement whether the rig lives, with the times and the kernel's answers told by the
// test.
#include "rig/guard/rig_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <string>

#include "rig/guard/watch.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t silence = 60 * ms;
constexpr std::int64_t stuck = 50 * ms;
constexpr int pid = 7;
constexpr int rig_thread = 8;
constexpr int heart_thread = 9;

class RigWatcherTest : public testing::Test {
  protected:
    RigWatcherTest() {
        page->rig_thread = rig_thread;
        page->beating_thread = heart_thread;
        be(Watch::Where::rig);
    }
    /// Since when it has been silent: zero.
    void be(Watch::Where where) {
        page->where = static_cast<std::int32_t>(where);
        page->due = stuck;
    }
    /// What the guard says of a rig whose heart beats: nothing if it leaves it alone.
    std::string verdict(std::int64_t now) {
        page->beat = now;
        return verdict_on_all(now);
    }
    std::string verdict_on_all(std::int64_t now) {
        GuardReport why;
        const bool is_hung = watcher.is_hung(now, why);
        EXPECT_EQ(is_hung, !why.text().empty());
        return std::string(why.text());
    }

    SharedWatchPage page;
    ThreadState rig{'R', 0};
    ThreadState heart{'S', 0};
    RigWatcher watcher{page, pid, silence, stuck, [this](int process, int thread) {
                           EXPECT_EQ(process, pid);
                           return thread == rig_thread ? rig : heart;
                       }};
};

TEST_F(RigWatcherTest, LeavesARigAloneThatIsInTime) {
    rig = {'S', 0};
    EXPECT_EQ(verdict(stuck - 1), "");
}

TEST_F(RigWatcherTest, HasTenTimesThePatienceWithARigThatGetsNoProcessor) {
    rig = {'R', (stuck / 2) - 1};
    EXPECT_EQ(verdict(stuck), "");
    EXPECT_EQ(verdict(stuck + (10 * stuck) - 1), "");
    EXPECT_EQ(verdict(stuck + (10 * stuck)),
              "has been in the rig for 500.0 ms longer than it may be (running)");
}

TEST_F(RigWatcherTest, KnowsAnEndlessLoopByTheProcessorTimeThatItTook) {
    page->processor_time = 1000 * ms;
    rig = {'R', (1000 * ms) + (stuck / 2)};
    EXPECT_EQ(verdict(stuck), "has been in the rig for 0.0 ms longer than it may be (running)");
}

TEST_F(RigWatcherTest, HasNoPatienceWithACallThatBlocks) {
    be(Watch::Where::driver);
    rig = {'S', 0};
    EXPECT_EQ(verdict(stuck + ms),
              "has been in a driver's call for 1.0 ms longer than it may be (blocked)");
}

TEST_F(RigWatcherTest, HasPatienceWithADiskButNotWithAnInstrument) {
    rig = {'D', 0};
    EXPECT_EQ(verdict(stuck), "");
    EXPECT_THAT(verdict(stuck + (10 * stuck)), HasSubstr("(blocked)"));
    be(Watch::Where::driver);
    EXPECT_THAT(verdict(stuck), HasSubstr("in a driver's call"));
}

TEST_F(RigWatcherTest, HasNoPatienceWithAThreadOfWhichTheKernelSaysNothing) {
    rig = {};
    EXPECT_THAT(verdict(stuck), HasSubstr("in the rig"));
}

TEST_F(RigWatcherTest, LeavesARigAloneThatTellsOfItselfWhileItIsLookedAt) {
    rig = {'S', 0};
    RigWatcher late(page, pid, silence, stuck, [this](int, int) {
        page->due = 2 * stuck;
        return rig;
    });
    page->beat = stuck;
    GuardReport why;
    EXPECT_FALSE(late.is_hung(stuck, why)) << why.text();
}

TEST_F(RigWatcherTest, KnowsAStoppedProcessByItsHeart) {
    page->due = 100 * stuck;
    heart.letter = 'T';
    EXPECT_EQ(verdict_on_all(silence - 1), "");
    EXPECT_EQ(verdict_on_all(silence), "hangs: its process stands still for 60.0 ms (stopped)");
}

TEST_F(RigWatcherTest, HasTenTimesThePatienceWithAHeartThatIsNotStopped) {
    page->due = 100 * stuck;
    for (const char letter : {'R', 'S'}) {
        heart.letter = letter;
        EXPECT_EQ(verdict_on_all((10 * silence) - 1), "");
        EXPECT_EQ(verdict_on_all(10 * silence), "hangs: its process stands still for 600.0 ms");
    }
}

TEST(LookAtThread, KnowsTheCallingThreadByWhateverName) {
    std::array<char, 16> before{};
    ASSERT_EQ(::prctl(PR_GET_NAME, before.data()), 0);
    ASSERT_EQ(::prctl(PR_SET_NAME, "a) Z (b"), 0);  // as the kernel tells names, in brackets
    const ThreadState state = look_at_thread(::getpid(), ::gettid());
    ASSERT_EQ(::prctl(PR_SET_NAME, before.data()), 0);
    EXPECT_EQ(state.letter, 'R') << "it runs, for it looks";
    EXPECT_GE(state.processor_time, 0);
    timespec used{};
    ASSERT_EQ(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), 0);
    EXPECT_LE(state.processor_time, used.tv_sec * 1'000'000'000 + used.tv_nsec);
}

TEST(LookAtThread, KnowsNothingOfAThreadThatThereIsNot) {
    const ThreadState state = look_at_thread(::getpid(), 0);
    EXPECT_EQ(state.letter, '?');
    EXPECT_EQ(state.processor_time, -1);
}

TEST_F(RigWatcherTest, LooksWhenSomethingIsDueAndOftenOnceItIsOverdue) {
    page->beat = 0;
    page->due = stuck;
    EXPECT_EQ(watcher.next_look(10 * ms), stuck);
    page->due = 100 * stuck;
    EXPECT_EQ(watcher.next_look(10 * ms), silence);
    EXPECT_EQ(watcher.next_look(silence), silence + (2 * ms));
}

}  // namespace
}  // namespace bmsrig
