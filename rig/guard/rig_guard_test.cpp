// The rig with a guard: a virtual bench in real time, and beside it one instrument that needs
// guarding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "rig/error.h"
#include "rig/guard/bench_in_test.h"
#include "rig/guard/far_end.h"
#include "rig/guard/guard.h"
#include "rig/test_folder.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// What an instrument is connected to.
struct Outlet {
    FarEnd first;
    FarEnd second;  ///< its connection once it was opened anew
    FarEnd* end = &first;
    bool is_out_of_order = false;
    bool has_lost_its_connection = false;
    bool is_out_of_reach = false;  ///< and its connection is closed
};

class GuardedInstrument final : public Instrument {
  public:
    GuardedInstrument(std::string name, Outlet& outlet) : name_(std::move(name)), outlet_(outlet) {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return 1; }
    Identity identify() override { return {}; }
    void make_safe() override {
        if (outlet_.is_out_of_reach) throw InstrumentError("the instrument cannot be reached");
        if (outlet_.has_lost_its_connection) outlet_.end = &outlet_.second;
        send("off by the rig\n");
    }
    void finish() override {
        if (outlet_.is_out_of_order) throw InstrumentError("the instrument says no");
    }
    [[nodiscard]] std::vector<SafeAction> safe_actions() const override {
        if (outlet_.is_out_of_reach) return {};
        return {outlet_.end->action(name_, "\noff by the guard\n")};
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {}

  private:
    void send(std::string_view text) const {
        ::send(outlet_.end->near.number(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    std::string name_;
    Outlet& outlet_;
};

class GuardOfARig : public testing::Test {
  protected:
    GuardOfARig() { ::setenv("XDG_STATE_HOME", (folder_.path() / "state").c_str(), 1); }

    RigOptions bench(const std::string& more = "") {
        const std::string text = content_of(fixture_folder / "benches/virtual.yaml");
        RigOptions chosen = options();
        chosen.bench = folder_.write("bench.yaml", changed(text, "clock: virtual", "clock: real") +
                                                       "  guarded: {driver: guarded_instrument}\n"
                                                       "  another: {driver: guarded_instrument}\n" +
                                                       more);
        return chosen;
    }
    std::unique_ptr<Rig> open(const RigOptions& chosen) {
        return std::make_unique<Rig>(
            chosen, [this](const InstrumentSpec& spec, const DriverContext& context) {
                if (spec.driver != "guarded_instrument") return make_instrument(spec, context);
                std::unique_ptr<Instrument> made = std::make_unique<GuardedInstrument>(
                    spec.name, spec.name == "guarded" ? guarded : another);
                return made;
            });
    }
    [[nodiscard]] BenchState state() const { return BenchState(folder_.path() / "bench.yaml"); }

    Outlet guarded;
    Outlet another;

  private:
    TestFolder folder_;
};

TEST_F(GuardOfARig, StandsByFromTheStartOfATestToItsEnd) {
    const auto rig = open(bench());
    EXPECT_EQ(rig->guard_text(), "");
    rig->begin_unpowered(1);
    EXPECT_THAT(rig->guard_text(), HasSubstr("on: memory "));
    EXPECT_NE(Watch::active(), nullptr);
    EXPECT_TRUE(state().is_marked());
    rig->run_for(100ms);
    EXPECT_EQ(guarded.first.received(), "");
    rig->end_test();
    EXPECT_EQ(guarded.first.received(), "off by the rig\n");
    EXPECT_FALSE(state().is_marked());
    EXPECT_EQ(Watch::active(), nullptr);
}

TEST_F(GuardOfARig, IsInThePlanAgainAfterEachCall) {
    const auto rig = open(bench());
    rig->begin_unpowered(1);
    EXPECT_EQ(Watch::active()->where(), Watch::Where::plan);
    rig->run_for(5ms);
    EXPECT_EQ(Watch::active()->where(), Watch::Where::plan);
    rig->set_interrupt_check([] { EXPECT_EQ(Watch::active()->where(), Watch::Where::plan); });
    rig->run_for(50ms);
    rig->set_interrupt_check({});
    rig->end_test();
}

TEST_F(GuardOfARig, MakesSafeWhatTheRigCouldNot) {
    auto rig = open(bench());
    rig->begin_unpowered(1);
    guarded.is_out_of_order = true;
    EXPECT_THROW(rig->end_test(), InstrumentError);
    EXPECT_TRUE(state().is_marked()) << "nobody knows whether it is off";
    std::string received;
    std::thread instrument([&] { received = guarded.first.receive_until("guard\n"); });
    std::thread other([this] { std::ignore = another.first.receive_until("guard\n"); });
    rig.reset();
    instrument.join();
    other.join();
    EXPECT_EQ(received, "off by the rig\noff by the rig\n\noff by the guard\n");
    EXPECT_FALSE(state().is_marked());
}

TEST_F(GuardOfARig, KnowsTheNewConnectionOfAnInstrumentThatHadLostItsOwn) {
    auto rig = open(bench());
    rig->begin_unpowered(1);
    guarded.has_lost_its_connection = true;
    guarded.first.far.close();
    another.is_out_of_order = true;
    EXPECT_THROW(rig->end_test(), InstrumentError);
    std::string received;
    std::thread instrument([&] { received = guarded.second.receive_until("guard\n"); });
    std::thread other([this] { std::ignore = another.first.receive_until("guard\n"); });
    rig.reset();
    guarded.second.near.close();  // the test ends also if the guard says nothing
    instrument.join();
    other.join();
    EXPECT_THAT(received, testing::EndsWith("\noff by the guard\n"));
    EXPECT_FALSE(state().is_marked());
}

TEST_F(GuardOfARig, KeepsTheConnectionOfAnInstrumentThatTheRigCannotReach) {
    auto rig = open(bench());
    rig->begin_unpowered(1);
    another.is_out_of_reach = true;
    EXPECT_THROW(rig->end_test(), InstrumentError);
    std::thread instrument([this] { std::ignore = guarded.first.receive_until("guard\n"); });
    std::string received;
    std::thread other([&] { received = another.first.receive_until("guard\n"); });
    rig.reset();
    guarded.first.near.close();  // the test ends also if the guard says nothing
    another.first.near.close();
    instrument.join();
    other.join();
    EXPECT_EQ(received, "\noff by the guard\n");
    EXPECT_FALSE(state().is_marked());
}

TEST_F(GuardOfARig, LeavesABenchAloneThatWasClosedInOrder) {
    auto rig = open(bench());
    rig->begin_unpowered(1);
    rig->end_test();
    rig.reset();
    EXPECT_EQ(guarded.first.received(), "off by the rig\noff by the rig\n") << "and nothing else";
    EXPECT_FALSE(state().is_marked());
    EXPECT_FALSE(std::filesystem::exists(state().report()));
}

TEST_F(GuardOfARig, ATestEndsWithAnErrorWhenItsGuardDies) {
    const auto rig = open(bench());
    rig->begin_unpowered(1);
    std::ifstream children("/proc/self/task/" + std::to_string(::gettid()) + "/children");
    pid_t guard = 0;
    children >> guard;
    ASSERT_GT(guard, 0);
    ::kill(guard, SIGKILL);
    try {
        rig->run_for(20s);
        FAIL() << "a test without its guard ends";
    } catch (const InstrumentError& problem) {
        EXPECT_THAT(problem.what(), HasSubstr("was ended by signal 9 (Killed)"));
    }
    EXPECT_LT(rig->now(), Instant{10s}) << "noticed at once";
    rig->end_test();
    EXPECT_EQ(guarded.first.received(), "off by the rig\n");
    EXPECT_FALSE(state().is_marked());
    EXPECT_THROW(rig->begin_unpowered(1), InstrumentError);
}

TEST_F(GuardOfARig, ABenchThatWasLeftUnsafeIsOpenedOnlyToMakeItSafe) {
    RigOptions chosen = bench();
    state().mark({"switches \"guarded\" off"});
    EXPECT_THROW(open(chosen), InputError);
    chosen.only_to_make_safe = true;
    const auto rig = open(chosen);
    EXPECT_THROW(rig->begin_unpowered(1), Error);
    rig->make_safe();
    EXPECT_EQ(guarded.first.received(), "off by the rig\n");
    EXPECT_TRUE(state().is_marked()) << "until somebody has seen that it is safe";
    rig->confirm_safe();
    EXPECT_FALSE(state().is_marked());
}

TEST_F(GuardOfARig, ABenchWithoutAGuardIsMarkedAllTheSame) {
    const auto rig = open(bench("guard: {off: a debugger stops the rig}\n"));
    rig->begin_unpowered(1);
    EXPECT_EQ(rig->guard_text(), "off: a debugger stops the rig");
    EXPECT_EQ(Watch::active(), nullptr);
    EXPECT_TRUE(state().is_marked());
    rig->end_test();
    EXPECT_FALSE(state().is_marked());
}

}  // namespace
}  // namespace bmsrig
