// What becomes of the lines of a simulated chip when the rig that drives them dies or hangs. A line
// that nobody drives falls to its pull, which is down here: only the guard puts one up.
#include <gmock/gmock.h>

#include <thread>

#include "drivers/contract/guarded_process.h"
#include "drivers/gpio/testing/simulated_chip.h"
#include "rig/guard/far_end.h"

namespace bmsrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t ms = 1'000'000;

class GuardedLines : public SimulatedChip {
  protected:
    void SetUp() override {
        SimulatedChip::SetUp();
        if (IsSkipped()) return;
        bench.instrument = spec_of("switches", "gpio_line_driver",
                                   {{"chip", chip_},
                                    {"lines", "LINE_1 LINE_2 LINE_3 LINE_4"},
                                    {"active_low", "LINE_2"},
                                    {"safe", "closed open hold open"}});
        // Each to the opposite of its safe position.
        bench.drive = [](Instrument& made) {
            auto& switches = dynamic_cast<LineDriver&>(made);
            switches.set(1, false);
            switches.set(2, true);
            switches.set(3, true);
            switches.set(4, true);
        };
        bench.let_go = [this] { supply.far.close(); };
        // The guard holds its lines until it ends, and ends no sooner than this instrument answers.
        SafeAction action = supply.action("supply");
        action.answer = "done\n";
        bench.more.push_back(action);
    }
    [[nodiscard]] std::string levels() const {
        std::string text;
        for (const unsigned line : {1U, 2U, 3U, 4U}) text += sim_->value(line) ? '1' : '0';
        return text;
    }
    /// How long after the rig's end the levels stood, in ns.
    std::int64_t time_until(const std::string& wanted, const GuardedProcess& rig) {
        const std::int64_t give_up = 20'000 * ms;
        while (levels() != wanted && rig.elapsed() < give_up) ::usleep(200);
        EXPECT_EQ(levels(), wanted);
        const std::int64_t took = rig.elapsed();
        if (is_time_judged()) {
            EXPECT_LT(took, 100 * ms);
        }
        return took;
    }
    /// Lets the guard end.
    void answer(const GuardedProcess& rig, std::string_view text = "done\n") {
        supply.near.close();  // the guard has the other copy
        EXPECT_EQ(supply.receive_until("off\n"), "off\n");
        supply.say(text);
        rig.wait_for_guard();
    }

    static constexpr const char* driven = "0011";
    // LINE_3 is on hold: its chip lets it fall when nobody holds it.
    static constexpr const char* safe = "1100";
    FarEnd supply;
    GuardedBench bench;
};

TEST_F(GuardedLines, AreSafeWhenTheRigIsKilled) {
    GuardedProcess rig(bench);
    EXPECT_EQ(levels(), driven);
    rig.kill();
    const std::int64_t took = time_until(safe, rig);
    std::printf("lines safe %.1f ms after kill -9\n", static_cast<double>(took) / ms);
    ::usleep(1'000'000);  // of the guest's time; an instrument may take 2 s to answer
    answer(rig);
    EXPECT_THAT(rig.report(), AllOf(HasSubstr("the rig ended before"), HasSubstr("is safe")));
    EXPECT_FALSE(rig.state().is_marked());
}

TEST_F(GuardedLines, AreSafeWhenTheRigHangsInADriver) {
    bench.way = Way::hangs_in_a_driver;
    GuardedProcess rig(bench);
    const std::int64_t took = time_until(safe, rig);
    std::printf("lines safe %.1f ms after the rig hung\n", static_cast<double>(took) / ms);
    EXPECT_EQ(rig.wait_for_end(), SIGKILL);
    answer(rig);
    EXPECT_THAT(rig.report(),
                AllOf(HasSubstr("has been in a driver's call"), HasSubstr("is safe")));
}

TEST_F(GuardedLines, AreSafeAlsoWhereAnotherInstrumentCannotBe) {
    FarEnd gone;
    bench.more.insert(bench.more.begin(), gone.action("relays"));
    bench.let_go = [&] {
        supply.far.close();
        gone.far.close();
    };
    GuardedProcess rig(bench);
    gone.far.close();
    rig.kill();
    time_until(safe, rig);
    answer(rig, "");  // never: it has 2 s
    EXPECT_THAT(rig.marker(),
                AllOf(HasSubstr("the bench is NOT safe"),
                      HasSubstr("not done: switches \"relays\" off: Broken pipe"),
                      HasSubstr("not done: switches \"supply\" off: expected the answer"),
                      HasSubstr("bmsrig make-safe --bench " + rig.state().bench().string()),
                      Not(HasSubstr("not done: puts"))));
}

TEST_F(GuardedLines, OfAChipThatTheGuardCannotHaveAreNamed) {
    // Another program takes a line in the moment between the rig's end and the guard.
    bench.let_go = [this] { supply.far.close(); };
    const auto other = contacts("LINE_5");
    SafeAction taken;
    taken.kind = SafeAction::Kind::lines;
    taken.instrument = "others";
    taken.does = "puts 1 contact of \"others\" on " + chip_ + " into its safe position";
    taken.path = chip_;
    taken.levels = {{5, true}};
    bench.more.push_back(taken);
    GuardedProcess rig(bench);
    rig.kill();
    time_until(safe, rig);
    answer(rig);
    EXPECT_THAT(rig.marker(), HasSubstr("not done: " + taken.does + ": Device or resource busy"));
    EXPECT_FALSE(sim_->value(5));
}

}  // namespace
}  // namespace bmsrig
