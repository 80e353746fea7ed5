// What the rig applies, on the virtual bench of the smallBMS: conflicts, faults, noise.
#include "rig/stimuli.h"

#include <gmock/gmock.h>

#include <set>

#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class StimuliTest : public testing::Test {
  protected:
    StimuliTest() { rig_.begin_test(1); }
    Stimuli& stimuli() { return rig_.stimuli(); }
    LineLevel level(const char* line) { return rig_.read_line(line).level; }
    template <typename Action>
    std::string refusal(const Action& action) const {
        return refusal_in(folder_, action);
    }
    TestFolder folder_;
    Rig rig_{options(), make_instrument};
};

TEST_F(StimuliTest, RefuseAConflictOfTheWiringAndChangeNothing) {
    stimuli().apply("remote.h", 1, rig_.now());  // the link is closed at the baseline
    const std::string said = refusal([&] { stimuli().apply("remote.l", 1, rig_.now()); });
    EXPECT_THAT(said, AllOf(HasSubstr("remote.l closed conflicts"), HasSubstr("wiring.yaml:"),
                            HasSubstr("remote.link closed, remote.h closed, remote.l closed"),
                            HasSubstr("shorts the supply")));
    rig_.settle();
    EXPECT_EQ(stimuli().read("remote.l"), 0);
    stimuli().apply("remote.link", 0, rig_.now());
    stimuli().apply("remote.l", 1, rig_.now());
    EXPECT_THAT(refusal([&] { stimuli().apply("remote.link", 1, rig_.now()); }),
                HasSubstr("conflicts"));
}

TEST_F(StimuliTest, ABrokenSenseWireIsAnEmptyCellToThisBattery) {
    stimuli().set_fault("cell.2", "open");
    EXPECT_TRUE(rig_.wait_for(rig_.line_signal("pre_alarm"), 1, 2s));
    EXPECT_TRUE(rig_.wait_for(rig_.line_signal("load"), 0, 60s));
    stimuli().set_fault("cell.2", "none");
    EXPECT_TRUE(rig_.wait_for(rig_.line_signal("load"), 1, 2s));
}

TEST_F(StimuliTest, AnAbsentSensorForbidsCharging) {
    stimuli().set_fault("temp.1", "absent");
    EXPECT_TRUE(rig_.wait_for(rig_.line_signal("charge"), 0, 2s));
    EXPECT_THAT(refusal([&] { stimuli().set_fault("temp.1", "stuck"); }),
                HasSubstr("conflicts with \"absent\""));
}

TEST_F(StimuliTest, RefuseFaultsThatTheWiringDoesNotAllow) {
    EXPECT_THAT(refusal([&] { stimuli().set_fault("cell.1", "reversed"); }),
                HasSubstr("allows: open, short, swapped, noise"));
    EXPECT_THAT(refusal([&] { stimuli().set_fault("supply", "open"); }),
                HasSubstr("no faults can be injected at supply"));
    EXPECT_THAT(refusal([&] { stimuli().set_fault("cell.1", "molten"); }),
                HasSubstr("expected none, open, short or reversed"));
    EXPECT_THAT(refusal([&] { stimuli().open("cell.1", rig_.now()); }),
                HasSubstr("an open cell is a fault"));
}

TEST_F(StimuliTest, SwappedCellsStandInEachOthersPlaces) {
    // The smallBMS does not say which cell is low, so the terminals are looked at.
    auto& cells = dynamic_cast<SourceTerminals&>(*rig_.instruments().front());
    stimuli().apply("cell.1", 3.00, rig_.now());
    rig_.settle();
    EXPECT_TRUE(stimuli().swap_cells(1, 4));
    EXPECT_NEAR(cells.terminal_value(4), 3.00, 0.001);
    EXPECT_NEAR(cells.terminal_value(1), 3.30, 0.001);
    stimuli().apply("cell.1", 3.10, rig_.now());
    rig_.settle();
    EXPECT_NEAR(cells.terminal_value(4), 3.10, 0.001);
    EXPECT_FALSE(stimuli().swap_cells(4, 1));
    EXPECT_NEAR(cells.terminal_value(1), 3.10, 0.001);
}

TEST_F(StimuliTest, NoiseMovesACellAboutWhatIsApplied) {
    stimuli().start_noise("cell.3", 0.002, 100ms);
    rig_.run_for(10s);
    stimuli().apply("cell.3", 3.20, rig_.now());
    rig_.run_for(10s);
    stimuli().stop_noise("cell.3");
    const SignalId signal = rig_.trace().require("cell.3");
    std::set<double> values;
    for (const auto& change : rig_.trace().changes(signal, Instant::min())) {
        const double nominal = change.time < Instant{11s} ? 3.30 : 3.20;
        EXPECT_NEAR(change.value, nominal, 0.108) << "4 times the rms, or the step between them";
        values.insert(change.value);
    }
    EXPECT_GT(values.size(), 50U);
    EXPECT_EQ(rig_.trace().last(signal)->value, 3.20) << "quiet again";
    stimuli().start_noise("cell.3", 0.002, 100ms);
    EXPECT_THAT(refusal([&] { stimuli().start_noise("cell.3", 0.002, 100ms); }),
                HasSubstr("noise is on already"));
    EXPECT_THAT(refusal([&] { stimuli().start_noise("supply", 0.1, 100ms); }),
                HasSubstr("allows: none"));
    EXPECT_THAT(refusal([&] { stimuli().start_noise("cell.1", 0, 100ms); }),
                HasSubstr("above zero"));
    EXPECT_THROW(stimuli().start_noise("cell.1", 1, 100ms), RatingError) << "7.3 V";
}

TEST_F(StimuliTest, NoiseAndOpenWiresExcludeEachOther) {
    stimuli().set_fault("cell.1", "open");
    EXPECT_THAT(refusal([&] { stimuli().start_noise("cell.1", 0.001, 100ms); }),
                HasSubstr("conflicts with \"open\""));
    stimuli().start_noise("cell.2", 0.001, 100ms);
    EXPECT_THAT(refusal([&] { stimuli().set_fault("cell.2", "open"); }),
                HasSubstr("conflicts with \"noise\""));
}

TEST_F(StimuliTest, APowerCycleTakesEveryFaultBack) {
    stimuli().set_fault("cell.1", "open");
    stimuli().swap_cells(2, 3);
    stimuli().set_fault("temp.1", "absent");
    stimuli().start_noise("cell.4", 0.001, 100ms);
    rig_.power_cycle({});
    EXPECT_EQ(level("load"), LineLevel::active);
    EXPECT_EQ(level("charge"), LineLevel::active);
    EXPECT_EQ(level("pre_alarm"), LineLevel::inactive);
    const auto changes = rig_.trace().size();
    rig_.run_for(10s);
    EXPECT_EQ(rig_.trace().size(), changes) << "no noise is left";
    EXPECT_TRUE(stimuli().swap_cells(2, 4)) << "they are where they belong";
}

TEST_F(StimuliTest, ANewTestKnowsNothingOfTheFaultsBefore) {
    stimuli().set_fault("cell.1", "open");
    stimuli().start_noise("cell.4", 0.001, 100ms);
    rig_.end_test();
    rig_.begin_test(2);
    EXPECT_EQ(level("load"), LineLevel::active);
    stimuli().set_fault("cell.1", "short");  // no conflict
}

}  // namespace
}  // namespace bmsrig
