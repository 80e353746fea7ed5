// The guard with a rig in small and instruments on TCP, all of them processes and sockets as they
// are.
#include "rig/guard/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <random>

#include "rig/error.h"
#include "rig/guard/bench_in_test.h"
#include "rig/guard/far_end.h"
#include "rig/guard/test_peer.h"
#include "rig/test_folder.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

constexpr std::int64_t ms = 1'000'000;

SafeAction lines_of_no_chip(const std::string& instrument) {
    SafeAction action;
    action.kind = SafeAction::Kind::lines;
    action.instrument = instrument;
    action.does = instrument + ": opens 4 contacts";
    action.path = "/dev/no_such_chip";
    action.levels = {{1, false}};
    return action;
}

class GuardTest : public testing::Test {
  protected:
    GuardTest() { ::setenv("XDG_STATE_HOME", (folder.path() / "state").c_str(), 1); }
    TestFolder folder;
    std::filesystem::path bench = folder.write("bench.yaml", "");
};

// What a rig may die of.

struct Death {
    std::string way;   ///< of the guarded rig
    int signal = 0;    ///< that the test sends to it, if that is the way
    std::string says;  ///< what the guard is to say of it
};

const std::vector<Death>& deaths() {
    static const std::vector<Death> all{
        {"lives", SIGKILL, "the rig ended before"},
        {"blocked", 0, "has been in a driver's call for .* .blocked."},
        {"lives", SIGKILL, "the rig ended before"},
        {"lives", SIGSTOP, "(has been|hangs).* .stopped."},
        {"lives", SIGKILL, "the rig ended before"},
        {"endless", 0, "has been in the rig for .* .running."},
        {"lives", SIGTERM, "the rig ended before"},
        {"leaves", 0, "the rig ended before"},
        {"lives", SIGKILL, "the rig ended before"},
        {"throws", 0, "the rig ended before"},
        {"unwinds", 0, "the rig ended before"},
        {"lives", SIGSEGV, "the rig ended before"},
    };
    return all;
}

/// Kills or hangs a rig at a moment that the seed decides: nanoseconds until the last of its
/// instruments was off.
std::int64_t kill_one(const Death& death, const std::filesystem::path& bench, unsigned seed) {
    std::array<TestPeer, 3> peers;
    TestRigProcess rig(bench, death.way, seed, {peers[0].port(), peers[1].port(), peers[2].port()});
    rig.wait_until_armed();
    const BenchState state(bench);
    std::int64_t began = monotonic_ns();
    if (death.signal != 0) {
        std::minstd_rand random(seed);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        began = monotonic_ns();
        rig.signal(death.signal);
    } else if (const std::string line = rig.next_line(); line.starts_with("now ")) {
        began = std::stoll(line.substr(4));
    } else {
        // A busy machine may wake the rig so late that the guard ends it before its own end.
        EXPECT_FALSE(is_time_judged()) << death.way << " " << seed << ": " << line;
    }
    std::int64_t took = 0;
    for (TestPeer& peer : peers) {
        const auto off = peer.wait_until_off();
        EXPECT_TRUE(off) << death.way << " " << death.signal << " " << seed;
        took = std::max(took, off.value_or(INT64_MAX) - began);
    }
    // Nothing of the rig came after, and what it had half sent did not spoil it.
    for (TestPeer& peer : peers) {
        const std::vector<std::string> lines = peer.lines();
        EXPECT_EQ(lines.size() < 2 ? "" : lines[lines.size() - 2], safe_command);
        EXPECT_EQ(lines.empty() ? "" : lines.back(), "*OPC?");
    }
    // The lock is the guard's as long as it works.
    wait_until_free(BenchState(bench));
    EXPECT_FALSE(state.is_marked());
    const std::string says =
        is_time_judged() ? death.says : "(" + death.says + ")|longer than it may be";
    EXPECT_THAT(content_of(state.report()),
                AllOf(testing::ContainsRegex(says), HasSubstr("is safe")));
    const bool is_killed_by_us = death.signal != 0 && death.signal != SIGSTOP;
    if (!is_killed_by_us && death.way != "leaves" && death.way != "throws" &&
        death.way != "unwinds") {
        EXPECT_EQ(rig.how_it_ended(), "was ended by signal 9 (Killed)");
    }
    return took;
}

TEST_F(GuardTest, MakesTheBenchSafeInTwoHundredDeaths) {
    constexpr unsigned kills = 200;
    constexpr unsigned at_once = 3;
    std::vector<std::int64_t> took(kills);
    std::atomic<unsigned> next{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < at_once; ++i) {
        threads.emplace_back([&] {
            for (unsigned kill = next++; kill < kills; kill = next++) {
                const auto file = folder.path() / ("bench" + std::to_string(kill) + ".yaml");
                took[kill] = kill_one(deaths()[kill % deaths().size()], file, kill + 1);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::ranges::sort(took);
    if (is_time_judged()) {
        EXPECT_LT(took.back(), 100 * ms);
    }
    std::printf(
        "%u deaths of the rig, time to safe: median %.1f ms, 95 %% %.1f ms, max %.1f ms (%.2f of "
        "100 ms)\n",
        kills, static_cast<double>(took[kills / 2]) / ms,
        static_cast<double>(took[kills * 95 / 100]) / ms, static_cast<double>(took.back()) / ms,
        static_cast<double>(took.back()) / (100 * ms));
}

TEST_F(GuardTest, EndsATestPlanThatNeverReturns) {
    kill_one({"plan", 0, "has been in the test plan's code for .* .running."}, bench, 1);
}

TEST_F(GuardTest, SeesAtOnceThatARigWasStoppedInItsPlan) {
    kill_one({"plans", SIGSTOP, "hangs: its process stands still for .* .stopped."}, bench, 1);
}

TEST_F(GuardTest, AChildOfTheRigIsNotTheRig) {
    TestPeer peer;
    TestRigProcess rig(bench, "leaves a child", 1, {peer.port()});
    rig.wait_until_armed();
    EXPECT_EQ(rig.next_line().substr(0, 3), "now");
    EXPECT_TRUE(peer.wait_until_off()) << "the child still has the rig's end of the guard's socket";
    rig.signal(SIGKILL);
}

TEST_F(GuardTest, LeavesALivingRigAloneOnABusyMachine) {
    if (!is_time_judged()) {
        // Its patience has an end, and how busy a machine gets beside the test nobody knows.
        GTEST_SKIP() << "make kernel-test runs it on a clock that counts instructions";
    }
    TestPeer peer;
    std::atomic<bool> is_over{false};
    std::vector<std::thread> load;
    for (unsigned i = 0; i < 4 * std::thread::hardware_concurrency(); ++i) {
        load.emplace_back([&] {
            while (!is_over) {
            }
        });
    }
    TestRigProcess rig(bench, "ends", 1, {peer.port()});
    rig.wait_until_armed();
    EXPECT_EQ(rig.next_line(), "") << "it has nothing to complain of";
    EXPECT_EQ(rig.how_it_ended(), "exited with status 0");
    is_over = true;
    for (std::thread& thread : load) thread.join();
    const BenchState state(bench);
    EXPECT_FALSE(state.is_marked());
    EXPECT_FALSE(std::filesystem::exists(state.report())) << content_of(state.report());
    EXPECT_THAT(peer.lines(), testing::Not(Contains("*OPC?"))) << "the guard's own command";
}

// What it could not do.

TEST_F(GuardTest, SaysWhatItCouldNotDo) {
    TestPeer good;
    TestPeer silent("");
    TestPeer refusing("0\n");
    TestRigProcess rig(bench, "lives", 1, {good.port(), silent.port(), refusing.port()});
    rig.wait_until_armed();
    rig.signal(SIGKILL);
    EXPECT_TRUE(good.wait_until_off());
    EXPECT_TRUE(silent.wait_until_off());
    good.lines();
    refusing.lines();
    silent.lines();  // the connections end with the guard
    const BenchState state(bench);
    const std::string marker = content_of(state.marker());
    EXPECT_THAT(marker, HasSubstr("the bench is NOT safe"));
    EXPECT_THAT(marker,
                HasSubstr("guard:   switch off by hand what follows after \"not done\", then "
                          "run: bmsrig make-safe --bench " +
                          bench.string() + "\nnot done: "));
    EXPECT_THAT(marker, HasSubstr("expected the answer \"1\", got none"));
    EXPECT_THAT(marker, HasSubstr("expected the answer \"1\", got \"0\""));
    try {
        state.refuse_if_unsafe();
        FAIL() << "a bench that was left unsafe is refused";
    } catch (const InputError& problem) {
        EXPECT_THAT(problem.what(),
                    AllOf(HasSubstr(bench.string() + ": this bench was left unsafe"),
                          HasSubstr("since:   20"), HasSubstr("by:      process "),
                          HasSubstr("instrument: switches its output off"),
                          HasSubstr("bmsrig make-safe --bench"), HasSubstr(state.marker())));
    }
}

TEST_F(GuardTest, RefusesALineThatItCouldNotTake) {
    Guard guard(bench, {});
    guard.start(GUARD_PROGRAM);
    try {
        guard.arm({lines_of_no_chip("relays")});
        FAIL() << "an output that nobody can switch off is not switched on";
    } catch (const InstrumentError& problem) {
        EXPECT_THAT(problem.what(),
                    AllOf(HasSubstr("relays: opens 4 contacts"), HasSubstr("/dev/no_such_chip"),
                          HasSubstr("No such file or directory")));
    }
    EXPECT_FALSE(guard.is_armed());
    EXPECT_FALSE(guard.state().is_marked());
}

// Who has the bench.

TEST_F(GuardTest, ABenchIsOneRigsAlone) {
    TestPeer peer;
    TestRigProcess rig(bench, "lives", 1, {peer.port()});
    rig.wait_until_armed();
    try {
        const Guard second(bench, {});
        FAIL() << "two rigs on one bench";
    } catch (const InputError& problem) {
        EXPECT_THAT(problem.what(), HasSubstr("the bench is in use by process "));
    }
    rig.signal(SIGKILL);
    peer.lines();
}

TEST_F(GuardTest, TwoThatOnlyLookMayDoSoAtOnce) {
    const Guard first(bench, {});
    Guard second(bench, {});
    EXPECT_THROW(second.start(GUARD_PROGRAM), InputError) << "the other may be about to begin";
}

TEST_F(GuardTest, TheMarkerStandsFromArmingToDisarming) {
    Guard guard(bench, {});
    guard.start(GUARD_PROGRAM);
    EXPECT_FALSE(guard.state().is_marked());
    guard.arm({});
    EXPECT_TRUE(guard.state().is_marked());
    EXPECT_THROW(guard.state().refuse_if_unsafe(), InputError);
    EXPECT_EQ(Watch::active(), &guard.watch());
    guard.disarm();
    EXPECT_FALSE(guard.state().is_marked());
    EXPECT_EQ(Watch::active(), nullptr);
    guard.state().refuse_if_unsafe();
    EXPECT_THAT(guard.means(), HasSubstr("memory"));
}

// The guard's own death.

TEST_F(GuardTest, TheRigNoticesAtOnceThatItsGuardIsGone) {
    TestPeer peer;
    TestRigProcess rig(bench, "lives", 1, {peer.port()});
    const int guard = rig.wait_until_armed();
    ::kill(guard, SIGKILL);
    EXPECT_THAT(rig.next_line(), AllOf(HasSubstr("the guard (process " + std::to_string(guard)),
                                       HasSubstr("was ended by signal 9 (Killed)")));
    EXPECT_EQ(rig.how_it_ended(), "exited with status 3");
    EXPECT_TRUE(BenchState(bench).is_marked()) << "nobody has made it safe";
}

TEST_F(GuardTest, ARigWithoutItsGuardIsNotArmedAgain) {
    Guard guard(bench, {});
    guard.start(GUARD_PROGRAM);
    guard.arm({});
    ::kill(guard.pid(), SIGKILL);
    guard.disarm();  // the rig has made the bench safe itself
    EXPECT_FALSE(guard.state().is_marked());
    EXPECT_THROW(guard.arm({}), InstrumentError);
    EXPECT_FALSE(guard.state().is_marked());
}

TEST_F(GuardTest, WhatEndsARigFromATerminalDoesNotEndItsGuard) {
    TestPeer peer;
    TestRigProcess rig(bench, "lives", 1, {peer.port()});
    const int guard = rig.wait_until_armed();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::kill(guard, signal);
    EXPECT_EQ(::getsid(guard), guard) << "it has left the rig's session";
    rig.signal(SIGKILL);
    EXPECT_TRUE(peer.wait_until_off());
}

// Connections that were opened anew.

TEST_F(GuardTest, TakesNewActionsForTheOldOnesOfTheSameInstrument) {
    TestPeer old_one;
    TestPeer another;
    TestPeer new_one;
    TestRigProcess rig(bench, "reconnects", 1, {old_one.port(), another.port(), new_one.port()});
    rig.wait_until_armed();
    EXPECT_EQ(rig.next_line().substr(0, 3), "now");
    rig.signal(SIGKILL);
    EXPECT_TRUE(new_one.wait_until_off());
    EXPECT_TRUE(another.wait_until_off()) << "the guard keeps what it has of it";
    EXPECT_THAT(old_one.lines(), testing::Not(Contains(std::string(safe_command))));
}

TEST_F(GuardTest, KeepsWhatItHasWhenItCannotTakeTheNew) {
    const FarEnd end;
    std::string received;
    std::thread instrument([&] { received = end.receive_until("off\n"); });
    {
        Guard guard(bench, {});
        guard.start(GUARD_PROGRAM);
        guard.arm({end.action("cells")});
        EXPECT_THROW(guard.arm({lines_of_no_chip("cells")}), InstrumentError);
        EXPECT_THROW(guard.renew({lines_of_no_chip("cells")}), InstrumentError);
        EXPECT_TRUE(guard.is_armed());
        EXPECT_TRUE(guard.state().is_marked());
        EXPECT_NO_THROW(guard.renew({})) << "the mistake is over";
    }
    instrument.join();
    EXPECT_EQ(received, "off\n");
    EXPECT_FALSE(BenchState(bench).is_marked());
}

TEST_F(GuardTest, AWholeListLeavesNothingOfTheOneBefore) {
    const FarEnd before;
    const FarEnd after;
    pid_t pid = 0;
    std::string received;
    std::thread instrument([&] { received = after.receive_until("off\n"); });
    {
        Guard guard(bench, {});
        guard.start(GUARD_PROGRAM);
        guard.arm({before.action("cells")});
        guard.arm({after.action("supply")});
        EXPECT_THAT(content_of(guard.state().marker()),
                    AllOf(HasSubstr("supply"), testing::Not(HasSubstr("cells"))));
        pid = guard.pid();
    }
    EXPECT_EQ(::kill(pid, 0), -1) << "it has ended, and nothing is left of it";
    instrument.join();
    EXPECT_EQ(received, "off\n");
    EXPECT_EQ(before.received(), "");
}

TEST_F(GuardTest, AGuardThatWasDisarmedDoesNothing) {
    const FarEnd end;
    {
        Guard guard(bench, {});
        guard.start(GUARD_PROGRAM);
        guard.arm({end.action("cells")});
        guard.disarm();
    }
    EXPECT_EQ(end.received(), "");
    EXPECT_FALSE(std::filesystem::exists(BenchState(bench).report()));
}

TEST_F(GuardTest, AGuardThatIsNotArmedIsNotArmedByRenewing) {
    const FarEnd end;
    {
        Guard guard(bench, {});
        guard.start(GUARD_PROGRAM);
        guard.renew({end.action("cells")});
        EXPECT_FALSE(guard.state().is_marked());
    }
    EXPECT_EQ(end.received(), "");
}

TEST_F(GuardTest, ThatTheGuardIsGoneIsNoMatterToRenewing) {
    Guard guard(bench, {});
    guard.start(GUARD_PROGRAM);
    guard.arm({});
    ::kill(guard.pid(), SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(guard.pid()), &info, WEXITED | WNOWAIT);
    EXPECT_NO_THROW(guard.renew({}));
    EXPECT_THROW(guard.check(), InstrumentError);
    EXPECT_NO_THROW(guard.check()) << "told once";
    guard.disarm();
}

TEST_F(GuardTest, WithoutAGuardNothingIsRenewed) {
    Guard off(bench, {}, false);
    off.arm({});
    off.renew({lines_of_no_chip("cells")});
    off.disarm();
    off.renew({lines_of_no_chip("cells")});
    EXPECT_FALSE(off.state().is_marked());
}

}  // namespace
}  // namespace bmsrig
