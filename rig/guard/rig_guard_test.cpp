// The rig with a guard: a virtual bench in real time, and beside it one instrument that needs
// guarding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "rig/error.h"
#include "rig/guard/guard.h"
#include "rig/test_folder.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// An instrument at the other end of a pair of sockets. What is sent to it the test reads.
struct FarEnd {
    FarEnd() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::runtime_error("no sockets for the test");
        }
        near = link::FileDescriptor(ends[0]);
        far = link::FileDescriptor(ends[1]);
    }
    /// All that has come until now.
    [[nodiscard]] std::string received() const {
        std::array<char, 256> bytes{};
        const ssize_t size = ::recv(far.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    link::FileDescriptor near;
    link::FileDescriptor far;
    bool is_out_of_order = false;
};

class GuardedInstrument final : public Instrument {
  public:
    GuardedInstrument(std::string name, FarEnd& end) : name_(std::move(name)), end_(end) {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return 1; }
    Identity identify() override { return {}; }
    void make_safe() override { send("off by the rig\n"); }
    void finish() override {
        if (end_.is_out_of_order) throw InstrumentError("the instrument says no");
    }
    [[nodiscard]] std::vector<SafeAction> safe_actions() const override {
        const std::string bytes = "\noff by the guard\n";
        SafeAction action;
        action.does = "switches \"" + name_ + "\" off";
        action.descriptor = end_.near.number();
        action.bytes.assign(bytes.begin(), bytes.end());
        return {action};
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {}

  private:
    void send(std::string_view text) const {
        ::send(end_.near.number(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    std::string name_;
    FarEnd& end_;
};

class GuardOfARig : public testing::Test {
  protected:
    GuardOfARig() { ::setenv("XDG_STATE_HOME", (folder_.path() / "state").c_str(), 1); }

    RigOptions bench(const std::string& more = "") {
        std::ostringstream text;
        text << std::ifstream(fixture_folder / "benches/virtual.yaml").rdbuf();
        RigOptions chosen = options();
        chosen.bench =
            folder_.write("bench.yaml", changed(text.str(), "clock: virtual", "clock: real") +
                                            "  guarded: {driver: guarded_instrument}\n" + more);
        return chosen;
    }
    std::unique_ptr<Rig> open(const RigOptions& chosen) {
        return std::make_unique<Rig>(
            chosen, [this](const InstrumentSpec& spec, const DriverContext& context) {
                if (spec.driver != "guarded_instrument") return make_instrument(spec, context);
                std::unique_ptr<Instrument> made =
                    std::make_unique<GuardedInstrument>(spec.name, far_end);
                return made;
            });
    }
    [[nodiscard]] BenchState state() const { return BenchState(folder_.path() / "bench.yaml"); }

    FarEnd far_end;

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
    EXPECT_EQ(far_end.received(), "");
    rig->end_test();
    EXPECT_EQ(far_end.received(), "off by the rig\n");
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
    far_end.is_out_of_order = true;
    EXPECT_THROW(rig->end_test(), InstrumentError);
    EXPECT_TRUE(state().is_marked()) << "nobody knows whether it is off";
    std::thread instrument([this] {  // bytes that nobody takes are not done
        std::string all;
        while (all.find("guard\n") == std::string::npos) all += far_end.received();
    });
    rig.reset();
    instrument.join();
    EXPECT_FALSE(state().is_marked());
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
    EXPECT_EQ(far_end.received(), "off by the rig\n");
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
    EXPECT_EQ(far_end.received(), "off by the rig\n");
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
