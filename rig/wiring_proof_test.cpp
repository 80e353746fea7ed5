// Each kind of wiring fault, put into the virtual bench, must be found and named; a good bench and
// a bad unit must not be blamed.
#include "rig/wiring_proof.h"

#include <gmock/gmock.h>

#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WiringProofTest : public testing::Test {
  protected:
    /// On a bench with these wiring faults, such as "{line: load, fault: open}".
    WiringReport prove(const std::string& faults, const std::string& uut = "") const {
        RigOptions chosen = options(uut);
        std::ifstream file(chosen.bench);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        if (!faults.empty()) text += "wiring_faults: [" + faults + "]\n";
        chosen.bench = folder_.write("bench.yaml", text);
        Rig rig(chosen, make_instrument);
        return prove_wiring(rig, 1);
    }
    /// With a fixture whose fixture.yaml says something else.
    WiringReport prove_changed(const std::string& from, const std::string& to) const {
        RigOptions chosen = options();
        chosen.fixture = folder_.path() / fixture_folder.filename();
        std::filesystem::copy(fixture_folder, chosen.fixture,
                              std::filesystem::copy_options::recursive);
        std::ifstream file(fixture_folder / "fixture.yaml");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        folder_.write(fixture_folder.filename() / "fixture.yaml", changed(text, from, to));
        Rig rig(chosen, make_instrument);
        return prove_wiring(rig, 1);
    }
    static std::string defective(const std::string& defect) {
        return "\"" VICTRON_SMALLBMS_PROGRAM "\" --defect " + defect;
    }
    TestFolder folder_;
};

TEST_F(WiringProofTest, AGoodBenchIsProven) {
    const WiringReport report = prove("");
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(report.notes, IsEmpty());
    ASSERT_EQ(report.lines.size(), 5U);
    EXPECT_EQ(report.lines[0].line, "load");
    EXPECT_EQ(report.lines[0].unpowered, "floats");
    EXPECT_EQ(report.lines[2].line, "charge");
    EXPECT_EQ(report.lines[2].powered,
              "active (baseline), inactive (cell.1 at 3.85), active (cell.1 at 3)");
    EXPECT_EQ(report.lines[4].unpowered, "dark");
    for (const LineProof& line : report.lines) EXPECT_TRUE(line.ok) << line.line;
}

TEST_F(WiringProofTest, SaysWhichLinesItCannotTellApart) {
    EXPECT_THAT(prove("").blind_spots, IsEmpty());
    const WiringReport report = prove_changed(
        "    - {apply: {cell.1: 3.85 V}, lines: {charge: inactive, led.alarm: active}}\n", "");
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(report.blind_spots, ElementsAre(HasSubstr("lines load and charge answer alike")));
}

TEST_F(WiringProofTest, AUnitThatIsNotThereIsOneNote) {
    const WiringReport report = prove_changed("supply: 3.30 V per cell", "supply: 1 V");
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(report.notes, ElementsAre(HasSubstr("no line ever became active")));
}

TEST_F(WiringProofTest, ALampOnAnothersNetIsDoubted) {
    const WiringReport report = prove("{line: led.alarm, fault: wired_to, with: led.load}");
    EXPECT_THAT(report.faults, IsEmpty()) << "a bad unit may look so";
    EXPECT_THAT(report.notes,
                ElementsAre(AllOf(HasSubstr("line led.alarm"), HasSubstr("exactly as led.load"))));
    const auto& line = *std::ranges::find(report.lines, "led.alarm", &LineProof::line);
    EXPECT_FALSE(line.ok);
}

TEST_F(WiringProofTest, BothPullsMayBeMissing) {
    const WiringReport report =
        prove("{line: load, fault: no_pull_down}, {line: load, fault: no_pull_up}");
    EXPECT_THAT(report.faults, ElementsAre(HasSubstr("both pulls are missing")));
}

TEST_F(WiringProofTest, ABoardCannotStandOnAVirtualBench) {
    EXPECT_THAT(refusal_in(folder_, [&] { prove("", "none"); }),
                HasSubstr("line load is read by the virtual instrument \"lines\""));
}

struct Case {
    const char* name;
    const char* fault;
    std::vector<std::string> said;  ///< in one sentence
};

class EveryWiringFault : public WiringProofTest, public testing::WithParamInterface<Case> {};

TEST_P(EveryWiringFault, IsFoundAndNamed) {
    const WiringReport report = prove(GetParam().fault);
    ASSERT_THAT(report.faults, testing::SizeIs(1));
    for (const std::string& said : GetParam().said) {
        EXPECT_THAT(report.faults.front(), HasSubstr(said));
    }
    EXPECT_TRUE(std::ranges::any_of(report.lines, [](const auto& line) { return !line.ok; }));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryWiringFault,
    testing::Values(
        Case{"no_pull_down",
             "{line: load, fault: no_pull_down}",
             {"line load (lines.1, wiring.yaml:", "the pull-down is missing"}},
        Case{"no_pull_up",
             "{line: charge, fault: no_pull_up}",
             {"line charge (lines.3", "the pull-up is missing"}},
        Case{"short_to_minus",
             "{line: charge, fault: short_to_minus}",
             {"line charge", "shorted to battery minus"}},
        Case{"short_to_plus",
             "{line: pre_alarm, fault: short_to_plus}",
             {"line pre_alarm", "shorted to battery plus"}},
        Case{"joined",
             "{line: load, fault: joined, with: charge}",
             {"line charge", "line load", "both read one net", "shorted together"}},
        Case{"wired_to",
             "{line: pre_alarm, fault: wired_to, with: load}",
             {"line load", "line pre_alarm", "both read one net", "wired to the wrong net"}},
        Case{"swapped_load_and_charge",
             "{line: load, fault: swapped, with: charge}",
             {"line load (lines.1", "line charge (lines.3", "their wires are swapped"}},
        Case{"swapped_load_and_pre_alarm",
             "{line: pre_alarm, fault: swapped, with: load}",
             {"line load", "line pre_alarm", "their wires are swapped"}},
        Case{"swapped_lamps",
             "{line: led.load, fault: swapped, with: led.alarm}",
             {"line led.load", "line led.alarm", "their wires are swapped"}},
        Case{"wrong_net_while_its_own_reader_is_broken",
             "{line: load, fault: wired_to, with: charge}, {line: charge, fault: open}",
             {"line load", "answers as line charge should", "wired to the net of charge"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(WiringProofTest, NamesEveryFaultOfABench) {
    const WiringReport report =
        prove("{line: load, fault: no_pull_down}, {line: charge, fault: short_to_minus}");
    EXPECT_THAT(report.faults, testing::UnorderedElementsAre(HasSubstr("pull-down is missing"),
                                                             HasSubstr("battery minus")));
}

TEST_F(WiringProofTest, ABrokenWireIsNotToldFromADeadOutput) {
    const WiringReport report = prove("{line: load, fault: open}");
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(report.notes, ElementsAre(AllOf(HasSubstr("line load"), HasSubstr("broken wire"))));
}

class DefectsThatLookLikeWiring : public WiringProofTest,
                                  public testing::WithParamInterface<const char*> {};

TEST_P(DefectsThatLookLikeWiring, AreLeftToThePlan) {
    EXPECT_THAT(prove("", defective(GetParam())).faults, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Units, DefectsThatLookLikeWiring,
                         testing::Values("charge_releases_load", "load_releases_charge",
                                         "resting_pre_alarm_sinks", "released_load_sinks",
                                         "led_alarm_inverted", "led_load_always_lit",
                                         "first_cell_only_pre_alarm", "dead_below_10_volt"));

TEST_F(WiringProofTest, LeavesTheBenchSafeAndTheUnitOff) {
    Rig rig(options(), make_instrument);
    prove_wiring(rig, 1);
    EXPECT_TRUE(std::isnan(rig.stimuli().read("supply")));
    EXPECT_EQ(rig.power_cycles(), 1U);
    rig.begin_test(1);  // and a test may follow
    EXPECT_EQ(rig.read_line("load").level, LineLevel::active);
}

TEST_F(WiringProofTest, WiringFaultsThatCannotBeAreRefusedByLine) {
    const auto refusal = [&](const std::string& faults) {
        return refusal_in(folder_, [&] { prove(faults); });
    };
    EXPECT_THAT(refusal("{line: laod, fault: open}"),
                AllOf(HasSubstr("bench.yaml:"), HasSubstr("did you mean \"load\"?")));
    EXPECT_THAT(refusal("{line: load, fault: melted}"), HasSubstr("expected one of: open, "));
    EXPECT_THAT(refusal("{line: load, fault: swapped}"), HasSubstr("with"));
    EXPECT_THAT(refusal("{line: load, fault: open}, {line: load, fault: open}"),
                HasSubstr("has the fault open already"));
    EXPECT_THAT(refusal("{line: load, fault: swapped, with: load}"),
                HasSubstr("expected another line"));
    EXPECT_THAT(refusal("{line: load, fault: open, with: charge}"),
                HasSubstr("has no second line"));
    EXPECT_THAT(refusal("{line: load, fault: swapped, with: led.load}"),
                HasSubstr("expected two lines of one kind"));
    EXPECT_THAT(refusal("{line: led.load, fault: no_pull_down}"),
                HasSubstr("expected lines with a stage"));
}

}  // namespace
}  // namespace bmsrig
