#include "rig/config/fixture.h"

#include <gmock/gmock.h>

#include <chrono>
#include <set>

#include "rig/config/bench_check.h"
#include "rig/config/test_files.h"
#include "rig/test_line.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

const std::filesystem::path victron =
    std::filesystem::path(PROJECT_SOURCE_DIR) / "fixtures" / "victron_smallbms";

constexpr std::string_view good = R"(format: 1
title: A battery
products: [maker.bms]
process: maker_bms
reaction_time: 1 s
settings:
  cells: {choices: [2, 4], default: 2, source: page}
baseline:
  cells: 3.30 V
  temperatures: 25 degC
  supply: 3.30 V per cell
  switches: {remote: closed}
  sources: {alternator: 12 V, aux: open}
self_test:
  dead_supply: 2 V
  baseline: {lamp: inactive}
  steps:
    - {apply: {cell.1: 4 V, remote: open}, lines: {lamp: active}}
)";

constexpr std::string_view wiring = R"(format: 1
inputs:
  cell.<n>: {source: cells.<n>, count: cells, unit: V, rating: [0 V, 5 V]}
  temp.1: {source: temperatures.1, unit: degC, rating: [-40 degC, 125 degC]}
  supply: {source: supply.1, unit: V, rating: [0 V, 70 V]}
  remote: {source: switches.1, unit: bool}
  alternator: {source: alternator.1, unit: V, rating: [0 V, 16 V]}
  aux: {source: aux.1, unit: V, rating: [0 V, 70 V], when: cells=4}
loads:
  balance.<n>: {across: cells.<n>, resistance: 4 ohm, count: cells}
lines:
  lamp: {port: lamp, reader: lines.1, debounce: 0 s}
)";

constexpr std::string_view limits =
    "format: 1\nlimits:\n  delay: {requirement: A-1, high: reaction_time, source: page}\n";
constexpr std::string_view requirements =
    "id,title,requirement,observe,kind,source\nA-1,Delay,text,line,verify,page\n";

class FixtureFolder : public testing::Test {
  protected:
    FixtureFolder() {
        folder_.write("maker/fixture.yaml", good);
        folder_.write("maker/wiring.yaml", wiring);
        folder_.write("maker/limits.yaml", limits);
        folder_.write("maker/requirements.csv", requirements);
    }
    Fixture load() const {
        const FixtureFiles files(path());
        return Fixture::load(files, files.settings());
    }
    std::filesystem::path path() const { return folder_.path() / "maker"; }
    TestFolder folder_;
};

TEST_F(FixtureFolder, HoldsWhatItsFilesSay) {
    const FixtureFiles files(path() / "");
    Settings settings = files.settings();
    settings.set("cells", "4", "test");
    const Fixture fixture = Fixture::load(files, settings);
    EXPECT_EQ(fixture.name, "maker") << "also with a slash at the end";
    EXPECT_EQ(fixture.title, "A battery");
    EXPECT_THAT(fixture.products, ElementsAre("maker.bms"));
    EXPECT_EQ(fixture.process, "maker_bms");
    EXPECT_EQ(fixture.reaction_time, std::chrono::seconds{1});
    EXPECT_EQ(fixture.settings.number("cells"), 4);
    EXPECT_EQ(fixture.baseline.cells_volts, 3.3);
    EXPECT_EQ(fixture.baseline.temperatures_celsius, 25);
    EXPECT_DOUBLE_EQ(fixture.baseline.supply_volts, 13.2);
    EXPECT_THAT(fixture.baseline.switches, ElementsAre(testing::Pair("remote", true)));
    EXPECT_THAT(fixture.baseline.sources,
                ElementsAre(testing::Pair("alternator", testing::Optional(12.0)),
                            testing::Pair("aux", std::nullopt)));
    EXPECT_EQ(fixture.self_test.dead_supply_volts, 2);
    EXPECT_THAT(fixture.self_test.baseline, ElementsAre(testing::Pair("lamp", false)));
    ASSERT_EQ(fixture.self_test.steps.size(), 1U);
    EXPECT_THAT(fixture.self_test.steps[0].apply,
                ElementsAre(testing::Pair("cell.1", 4.0), testing::Pair("remote", 0.0)));
    EXPECT_THAT(fixture.self_test.steps[0].lines, ElementsAre(testing::Pair("lamp", true)));
    EXPECT_EQ(fixture.wiring.inputs().size(), 9U);
    EXPECT_EQ(fixture.requirements.size(), 1U);
    EXPECT_EQ(fixture.limit("delay").high, 1.0);
    EXPECT_THAT(refusal_in(folder_, [&] { static_cast<void>(fixture.limit("delya")); }),
                StartsWith("maker/limits.yaml: unknown limit \"delya\"; did you mean \"delay\"?"));
}

TEST_F(FixtureFolder, TakesASupplyInVolts) {
    folder_.write("maker/fixture.yaml", changed(std::string(good), "3.30 V per cell", "12 V"));
    EXPECT_EQ(load().baseline.supply_volts, 12);
}

TEST_F(FixtureFolder, PassesOverWhatTheSettingsLeaveOut) {
    const Fixture fixture = load();  // 2 cells: there is no aux
    EXPECT_THAT(fixture.baseline.sources,
                ElementsAre(testing::Pair("alternator", testing::Optional(12.0))));
    EXPECT_TRUE(fixture.wiring.leaves_out("aux"));
    EXPECT_FALSE(fixture.wiring.leaves_out("alternator"));
}

TEST_F(FixtureFolder, TheSelfTestPassesOverNetsBeyondTheirCount) {
    folder_.write("maker/fixture.yaml",
                  changed(std::string(good), "cell.1: 4 V", "cell.1: 4 V, cell.4: 4 V"));
    const Fixture fixture = load();  // 2 cells
    EXPECT_THAT(fixture.self_test.steps[0].apply,
                ElementsAre(testing::Pair("cell.1", 4.0), testing::Pair("remote", 0.0)));
    EXPECT_TRUE(fixture.wiring.passes_over("cell.4"));
    EXPECT_FALSE(fixture.wiring.leaves_out("cell.4"))
        << "a unit may have a port of that name all the same";
    EXPECT_FALSE(fixture.wiring.passes_over("cell.2"));
    EXPECT_FALSE(fixture.wiring.passes_over("cell.5")) << "no setting has so many";
}

TEST_F(FixtureFolder, RefusesMistakesByLine) {
    const std::vector<Mistake> mistakes{
        {"cells beyond their rating",
         "cells: 3.30 V",
         "cells: 5.01 V",
         "maker/fixture.yaml:9: baseline.cells: ",
         {"puts 5.01 V on cell.1, which is rated 0 V to 5 V in maker/wiring.yaml:3"}},
        {"temperature below its rating",
         "25 degC",
         "-41 degC",
         "maker/fixture.yaml:10: baseline.temperatures: ",
         {"puts -41 degC on temp.1, which is rated -40 degC to 125 degC in maker/wiring.yaml:4"}},
        {"supply beyond its rating",
         "3.30 V per cell",
         "40 V per cell",
         "maker/fixture.yaml:11: baseline.supply: ",
         {"puts 80 V on supply, which is rated 0 V to 70 V in maker/wiring.yaml:5"}},
        {"supply in amperes",
         "3.30 V per cell",
         "3 A per cell",
         "maker/fixture.yaml:11: baseline.supply: ",
         {"\"3 A per cell\" stands here; expected volts"}},
        {"supply that is no number",
         "3.30 V per cell",
         "some V per cell",
         "maker/fixture.yaml:11: baseline.supply: ",
         {"\"some V\" is no quantity"}},
        {"per cell without cells",
         "  cells: {choices",
         "  strings: {choices",
         "maker/wiring.yaml:3: inputs.cell.<n>.count: ",
         {"unknown setting \"cells\""}},
        {"cells in another unit",
         "cells: 3.30 V",
         "cells: 3.30 degC",
         "maker/fixture.yaml:9: baseline.cells: ",
         {"expected a number in V"}},
        {"a source that is none",
         "{alternator: 12 V, ",
         "{alternatro: 12 V, ",
         "maker/fixture.yaml:13: baseline.sources: ",
         {"unknown key \"alternatro\"; did you mean \"alternator\"?"}},
        {"a source that is missing",
         "{alternator: 12 V, ",
         "{",
         "maker/fixture.yaml:13: baseline.sources: ",
         {"the source alternator of maker/wiring.yaml:7 is missing; expected volts or open"}},
        {"a source beyond its rating",
         "alternator: 12 V",
         "alternator: 17 V",
         "maker/fixture.yaml:13: baseline.sources.alternator: ",
         {"puts 17 V on alternator, which is rated 0 V to 16 V in maker/wiring.yaml:7"}},
        {"no self-test",
         "self_test:",
         "self_tset:",
         "maker/fixture.yaml:14: ",
         {"unknown key \"self_tset\"; did you mean \"self_test\"?"}},
        {"a dead supply below nothing",
         "dead_supply: 2 V",
         "dead_supply: -2 V",
         "maker/fixture.yaml:15: self_test.dead_supply: ",
         {"expected 0 V or more"}},
        {"a self-test of a line that is none",
         "baseline: {lamp: inactive}",
         "baseline: {lmap: inactive}",
         "maker/fixture.yaml:16: self_test.baseline.lmap: ",
         {"no line \"lmap\"; did you mean \"lamp\"?"}},
        {"a step that changes nothing",
         "lines: {lamp: active}",
         "lines: {lamp: inactive}",
         "maker/fixture.yaml:18: self_test.steps[1]: ",
         {"the line lamp has that level at the baseline already"}},
        {"a stimulus beyond its rating",
         "apply: {cell.1: 4 V",
         "apply: {cell.1: 6 V",
         "maker/fixture.yaml:18: self_test.steps[1].apply.cell.1: ",
         {"the self-test puts 6 V on cell.1, which is rated 0 V to 5 V"}},
        {"a stimulus at nothing",
         "apply: {cell.1: 4 V",
         "apply: {cell.9: 4 V",
         "maker/fixture.yaml:18: self_test.steps[1].apply.cell.9: ",
         {"unknown input \"cell.9\""}},
        {"a switch that is none",
         "{remote: closed}",
         "{remote: closed, remot: open}",
         "maker/fixture.yaml:12: baseline.switches: ",
         {"unknown key \"remot\"; did you mean \"remote\"?"}},
        {"a contact left out",
         "{remote: closed}",
         "{}",
         "maker/fixture.yaml:12: baseline.switches: ",
         {"the contact remote of maker/wiring.yaml:6 is missing"}},
        {"a switch half open",
         "{remote: closed}",
         "{remote: half}",
         "maker/fixture.yaml:12: baseline.switches.remote: ",
         {"\"half\" stands here; expected one of: closed, open"}},
        {"unknown key",
         "process:",
         "proces:",
         "maker/fixture.yaml:4: unknown key \"proces\"; did you mean \"process\"?",
         {}},
        {"missing key",
         "title: A battery\n",
         "",
         "maker/fixture.yaml:1: the key \"title\" is missing",
         {}},
        {"no product",
         "[maker.bms]",
         "[]",
         "maker/fixture.yaml:3: products: the list is empty",
         {}},
        {"product is no list",
         "[maker.bms]",
         "maker.bms",
         "maker/fixture.yaml:3: products: \"maker.bms\" stands here; expected a list",
         {}},
        {"reaction time in volts",
         "reaction_time: 1 s",
         "reaction_time: 1 V",
         "maker/fixture.yaml:5: reaction_time: ",
         {"expected a number in s"}},
        {"format from the future",
         "format: 1",
         "format: 2",
         "maker/fixture.yaml:1: format: the file has format 2",
         {}},
        {"key twice",
         "process: maker_bms",
         "title: again",
         "maker/fixture.yaml:4: the key \"title\" stands twice, first in line 2",
         {}},
    };
    expect_refusals(folder_, good, mistakes, [&](const std::string& text) {
        folder_.write("maker/fixture.yaml", text);
        load();
    });
}

TEST_F(FixtureFolder, PerCellNeedsTheNumberOfCells) {
    folder_.write("maker/fixture.yaml",
                  changed(std::string(good), "  cells: {choices", "  strings: {choices"));
    folder_.write("maker/wiring.yaml", "format: 1\ninputs: {}\nloads: {}\nlines: {}\n");
    EXPECT_EQ(refusal_in(folder_, [&] { load(); }),
              "maker/fixture.yaml:11: baseline.supply: \"per cell\" stands here, but there is no "
              "setting \"cells\"");
}

TEST_F(FixtureFolder, IsReadOnceForAllSettings) {
    const FixtureFiles files(path());
    std::filesystem::remove_all(path());
    for (const char* cells : {"2", "4"}) {
        Settings settings = files.settings();
        settings.set("cells", cells, "test");
        EXPECT_EQ(Fixture::load(files, settings).settings.number("cells"), std::stod(cells));
    }
}

TEST_F(FixtureFolder, NamesTheFileThatIsMissing) {
    std::filesystem::remove(path() / "limits.yaml");
    EXPECT_EQ(refusal_in(folder_, [&] { load(); }), "maker/limits.yaml: there is no such file");
    EXPECT_THAT(refusal_in(folder_, [&] { FixtureFiles(folder_.path() / "other"); }),
                StartsWith("other: there is no such folder; expected that of a fixture"));
}

TEST_F(FixtureFolder, KnowsWhetherABenchFits) {
    const std::string bench = R"(format: 1
bench: b
fixture: maker
clock: virtual
instruments:
  cells: {driver: d}
  temperatures: {driver: d}
  supply: {driver: d}
  switches: {driver: d}
  alternator: {driver: d}
  lines: {driver: d}
)";
    const auto refusal = [&](const std::string& text) {
        return refusal_in(folder_,
                          [&] { check_bench(load(), Bench::load(folder_.write("b.yaml", text))); });
    };
    EXPECT_EQ(refusal(bench), "");
    EXPECT_EQ(refusal(bench + "  spare: {driver: d}\n"), "")
        << "a bench may have more than one product needs";
    EXPECT_THAT(
        refusal(changed(bench, "fixture: maker", "fixture: other")),
        StartsWith("b.yaml:3: fixture: the bench is made for \"other\"; expected \"maker\""));
    EXPECT_EQ(refusal(changed(bench, "  cells:", "  cell:")),
              "b.yaml:5: instruments: \"cells\" is missing, which the input cell.1 in "
              "maker/wiring.yaml:3 needs; did you "
              "mean \"cell\"?");
    EXPECT_THAT(refusal(changed(bench, "  lines: {driver: d}\n", "")),
                StartsWith("b.yaml:5: instruments: \"lines\" is missing, which the line lamp in "
                           "maker/wiring.yaml:12 needs"));
}

class VictronFixture : public testing::TestWithParam<int> {};

TEST_P(VictronFixture, LoadsWithItsBenches) {
    const int cells = GetParam();
    const FixtureFiles files(victron);
    Settings settings = files.settings();
    settings.set("cells", std::to_string(cells), "test");
    const Fixture fixture = Fixture::load(files, settings);
    EXPECT_EQ(fixture.name, "victron_smallbms");
    EXPECT_THAT(fixture.products, ElementsAre("victron.smallbms", "victron.minibms"));
    EXPECT_EQ(fixture.reaction_time, std::chrono::seconds{1});
    EXPECT_EQ(fixture.wiring.inputs().size(), static_cast<std::size_t>(cells) + 5U);
    EXPECT_DOUBLE_EQ(fixture.baseline.supply_volts, 3.3 * cells);
    EXPECT_EQ(fixture.baseline.switches.size(), 3U);
    for (const char* bench : {"virtual.yaml", "virtual_noisy.yaml"}) {
        EXPECT_NO_THROW(check_bench(fixture, Bench::load(victron / "benches" / bench))) << bench;
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, VictronFixture, testing::Values(4, 8, 12, 16));

TEST(Victron, HasEveryRequirementAndItsNumbers) {
    const FixtureFiles files(victron);
    const Fixture fixture = Fixture::load(files, files.settings());
    EXPECT_EQ(fixture.requirements.size(), 27U);
    std::set<std::string> characterised;
    for (const Requirement& requirement : fixture.requirements) {
        if (requirement.kind == "characterise") characterised.insert(requirement.id);
    }
    EXPECT_THAT(characterised, ElementsAre("VSB-CHG-T-HYST", "VSB-PRE-DIP"));

    const auto band = [&](const char* name) {
        const Limit& limit = fixture.limit(name);
        return std::pair(limit.low.value_or(NAN), limit.high.value_or(NAN));
    };
    EXPECT_EQ(band("under_voltage_threshold"), std::pair(2.795, 2.805));
    EXPECT_EQ(band("load_recovery_threshold"), std::pair(3.195, 3.205));
    EXPECT_EQ(band("pre_alarm_threshold"), std::pair(3.095, 3.105));
    EXPECT_EQ(band("over_voltage_threshold"), std::pair(3.745, 3.755));
    EXPECT_EQ(band("charge_recovery_threshold"), std::pair(3.595, 3.605));
    EXPECT_EQ(band("over_temperature_threshold"), std::pair(49.5, 50.5));
    EXPECT_EQ(band("low_temperature_threshold"), std::pair(4.5, 5.5));
    EXPECT_EQ(fixture.limit("pre_alarm_lead_time").low, 30.0);
    EXPECT_EQ(fixture.limit("pre_alarm_lead_time").judge(30.0, 1e-6), Verdict::pass);
    EXPECT_EQ(fixture.limit("fast_fall_lead_time").judge(31.0, 1e-3), Verdict::pass)
        << "the reaction time is allowed";
    EXPECT_EQ(fixture.limit("fast_fall_lead_time").judge(29.9, 1e-3), Verdict::fail);
    EXPECT_EQ(fixture.limit("load_reaction_time").judge(1.0, 1e-3), Verdict::pass);
    for (const Limit& limit : fixture.limits) {
        EXPECT_EQ(limit.records_only(), characterised.contains(limit.requirement)) << limit.name;
    }
}

TEST(Victron, ThresholdsFollowTheSettings) {
    const FixtureFiles files(victron);
    Settings settings = files.settings();
    settings.set("under_voltage", "2.6", "test");
    settings.set("pre_alarm", "2.85 V", "test");
    const Fixture fixture = Fixture::load(files, settings);
    EXPECT_EQ(fixture.limit("under_voltage_threshold").low, 2.595);
    EXPECT_EQ(fixture.limit("pre_alarm_threshold").high, 2.855);
}

TEST(Victron, LinesReadRightOverTheWholeSupply) {
    const FixtureFiles files(victron);
    const Fixture fixture = Fixture::load(files, files.settings());
    for (const char* name : {"load", "pre_alarm", "charge"}) {
        SCOPED_TRACE(name);
        const auto& stage = fixture.wiring.line(name).stage;
        ASSERT_TRUE(stage);
        for (const double supply : {8.0, 13.2, 52.8, 70.0}) {
            for (const Bias bias : {Bias::none, Bias::down, Bias::up}) {
                EXPECT_EQ(line_level(*stage, line_voltage(*stage, StageState::high, supply, bias)),
                          LineLevel::active);
            }
            EXPECT_EQ(
                line_level(*stage, line_voltage(*stage, StageState::floating, supply, Bias::down)),
                LineLevel::inactive);
            EXPECT_EQ(
                line_level(*stage, line_voltage(*stage, StageState::floating, supply, Bias::up)),
                LineLevel::active);
        }
        // What the outputs may give: 1 A, the charge output 10 mA.
        const double most = std::string_view(name) == "charge" ? 10e-3 : 1;
        EXPECT_LT(70.0 / stage->pull_down_ohms.value(), most);
    }
}

}  // namespace
}  // namespace bmsrig
