#include "rig/wiring.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>

#include "rig/config/test_files.h"
#include "rig/config/wiring_reader.h"
#include "rig/test_line.h"

namespace bmsrig {
namespace {

constexpr std::string_view good = R"(format: 1
inputs:
  cell.<n>: {source: cells.<n>, count: cells, unit: V, rating: [0 V, 5 V]}
  temp.1: {source: temperatures.1, unit: degC, rating: [-40 degC, 125 degC]}
  supply: {source: supply.1, unit: V, rating: [0 V, 70 V]}
  remote.h: {source: switches.1, unit: V, closed: supply, open: floating}
  remote.l: {source: switches.2, unit: V, closed: 0 V, open: floating}
  remote.link: {source: switches.3, unit: bool}
loads:
  balance.<n>: {across: cells.<n>, resistance: 4 ohm, count: cells}
lines:
  load:
    port: load
    reader: lines.1
    stage: {high_drop: 1 V, high_resistance: 2 ohm, low_resistance: 3 ohm}
    pull_down: 10 kohm
    pull_up: {resistance: 100 kohm, to: 12 V}
    threshold: {inactive_below: 1.5 V, active_above: 3.5 V}
    debounce: 20 ms
  led.load: {port: led.load, reader: lines.2, debounce: 0 s}
)";

class WiringFile : public testing::Test {
  protected:
    Wiring load(const std::string& text) const {
        return Wiring::load(read_wiring_file(folder_.write("wiring.yaml", text)), settings_);
    }
    TestFolder folder_;
    Settings settings_{{{"cells", Unit::none, {"4", "16"}, {}, {}, "4", "page"},
                        {"variant", Unit::none, {"small"}, {}, {}, "small", "page"},
                        {"limit", Unit::volt, {}, 2.6, 2.8, "2.7", "page"}}};
};

TEST_F(WiringFile, RepeatsNetsForEachCell) {
    const Wiring four = load(std::string(good));
    ASSERT_EQ(four.inputs().size(), 4U + 5U);
    EXPECT_EQ(four.inputs()[3].port, "cell.4");
    EXPECT_EQ(to_string(four.inputs()[3].source), "cells.4");
    EXPECT_EQ(four.inputs()[3].line, 3);
    EXPECT_EQ(four.loads().size(), 4U);
    settings_.set("cells", "16", "test");
    const Wiring sixteen = load(std::string(good));
    ASSERT_EQ(sixteen.inputs().size(), 16U + 5U);
    EXPECT_EQ(sixteen.inputs()[15].port, "cell.16");
    EXPECT_EQ(sixteen.loads()[15].port, "balance.16");
    EXPECT_EQ(to_string(sixteen.loads()[15].across), "cells.16");
    EXPECT_EQ(sixteen.loads()[15].ohms, 4);
}

TEST_F(WiringFile, KeepsWhatTheFileSays) {
    const Wiring wiring = load(std::string(good));
    const InputNet* temperature = wiring.input_from({"temperatures", 1});
    ASSERT_NE(temperature, nullptr);
    EXPECT_EQ(temperature->unit, Unit::celsius);
    EXPECT_EQ(temperature->rating_low, -40.0);
    EXPECT_EQ(temperature->rating_high, 125.0);
    EXPECT_FALSE(temperature->closed);
    const InputNet* high = wiring.input_from({"switches", 1});
    ASSERT_NE(high, nullptr);
    EXPECT_EQ(high->closed->kind, ContactLevel::Kind::supply);
    EXPECT_EQ(high->open->kind, ContactLevel::Kind::floating);
    const InputNet* low = wiring.input_from({"switches", 2});
    ASSERT_NE(low, nullptr);
    EXPECT_EQ(low->closed->kind, ContactLevel::Kind::fixed);
    EXPECT_EQ(low->closed->volts, 0);
    EXPECT_EQ(wiring.input_from({"switches", 3})->unit, Unit::boolean);
    EXPECT_EQ(wiring.input_from({"switches", 4}), nullptr);

    const LineNet& load_line = wiring.line("load");
    EXPECT_EQ(load_line.debounce, std::chrono::milliseconds{20});
    EXPECT_EQ(to_string(load_line.reader), "lines.1");
    EXPECT_EQ(load_line.line, 12);
    ASSERT_TRUE(load_line.stage);
    EXPECT_EQ(load_line.stage->high_drop_volts, 1);
    EXPECT_EQ(load_line.stage->high_ohms, 2);
    EXPECT_EQ(load_line.stage->low_ohms, 3);
    EXPECT_EQ(load_line.stage->pull_down_ohms, 10e3);
    EXPECT_EQ(load_line.stage->pull_up_ohms, 100e3);
    EXPECT_EQ(load_line.stage->pull_up_volts, 12);
    EXPECT_EQ(load_line.stage->low_below_volts, 1.5);
    EXPECT_EQ(load_line.stage->high_above_volts, 3.5);
    EXPECT_FALSE(wiring.line("led.load").stage);
    EXPECT_EQ(refusal_in(folder_, [&] { static_cast<void>(wiring.line("laod")); }),
              "the wiring has no line \"laod\"; did you mean \"load\"?");
}

TEST_F(WiringFile, HasOnlyTheNetsThatItsSettingsCallFor) {
    const std::string text =
        changed(changed(std::string(good), "unit: bool}", "unit: bool, when: cells=16}"),
                "debounce: 0 s}\n",
                "debounce: 0 s, when: cells=4}\n"
                "readings:\n"
                "  gx_pow: {port: gx_pow, meter: meters.1, unit: V, when: variant=small}\n"
                "  limit: {port: limit, meter: meters.2, unit: A}\n");
    const Wiring four = load(text);
    EXPECT_EQ(four.input_from({"switches", 3}), nullptr);
    EXPECT_TRUE(four.leaves_out("remote.link"));
    EXPECT_EQ(four.lines().size(), 2U);
    EXPECT_EQ(four.reading("limit").unit, Unit::ampere);
    EXPECT_EQ(to_string(four.reading("gx_pow").meter), "meters.1");
    EXPECT_EQ(refusal_in(folder_, [&] { static_cast<void>(four.reading("gx_pwo")); }),
              "the wiring has no reading \"gx_pwo\"; did you mean \"gx_pow\"?");
    settings_.set("cells", "16", "test");
    const Wiring sixteen = load(text);
    EXPECT_NE(sixteen.input_from({"switches", 3}), nullptr);
    EXPECT_EQ(sixteen.lines().size(), 1U);
    EXPECT_TRUE(sixteen.leaves_out("led.load"));
}

TEST_F(WiringFile, KeepsFaultsAndConflicts) {
    const Wiring wiring = load(changed(
        changed(std::string(good), "[0 V, 5 V]}", "[0 V, 5 V], faults: [open, swapped]}"), "loads:",
        "conflicts:\n"
        "  - {ports: {remote.h: closed, remote.link: open}, reason: smoke}\n"
        "  - {ports: {supply: driven}, reason: never}\n"
        "loads:"));
    EXPECT_THAT(wiring.inputs()[0].faults, testing::ElementsAre("open", "swapped"));
    EXPECT_TRUE(wiring.input_from({"supply", 1})->faults.empty());
    ASSERT_EQ(wiring.conflicts().size(), 2U);
    EXPECT_EQ(wiring.conflicts()[0].reason, "smoke");
    EXPECT_EQ(wiring.conflicts()[0].ports[1].first, "remote.link");
    EXPECT_EQ(wiring.conflicts()[0].ports[1].second, Conflict::State::open);
    EXPECT_EQ(wiring.conflicts()[1].ports[0].second, Conflict::State::driven);
}

TEST_F(WiringFile, DropsAConflictThatCannotComeAbout) {
    const std::string text =
        changed(changed(std::string(good), "unit: bool}", "unit: bool, when: cells=16}"), "loads:",
                "conflicts:\n"
                "  - {ports: {remote.h: closed, remote.link: closed}, reason: smoke}\n"
                "loads:");
    EXPECT_TRUE(load(text).conflicts().empty());
    settings_.set("cells", "16", "test");
    EXPECT_EQ(load(text).conflicts().size(), 1U);
}

TEST_F(WiringFile, RefusesMistakesByLine) {
    const std::vector<Mistake> mistakes{
        {"two sources on one net",
         "  supply:",
         "  cell.2: {source: supply.2, unit: V, rating: [0 V, 5 V]}\n  supply:",
         "wiring.yaml:5: input cell.2: the input port \"cell.2\" stands twice, first in line 3",
         {}},
        {"the same port in the same words",
         "  supply:",
         "  temp.1: {}\n  supply:",
         "wiring.yaml:5: the key \"temp.1\" stands twice, first in line 4",
         {}},
        {"one source for two nets",
         "source: supply.1",
         "source: cells.4",
         "wiring.yaml:5: input supply: the pin \"cells.4\" stands twice, first in line 3 (input "
         "cell.4)",
         {}},
        {"one reader for two lines",
         "reader: lines.2",
         "reader: lines.1",
         "wiring.yaml:20: line led.load: the pin \"lines.1\" stands twice, first in line 12 (line "
         "load)",
         {}},
        {"one output for two lines",
         "port: led.load",
         "port: load",
         "wiring.yaml:20: line led.load: the output port \"load\" stands twice, first in line 12",
         {}},
        {"a bus at a lamp's reader",
         "debounce: 0 s}\n",
         "debounce: 0 s}\nbuses:\n  can: {adapter: lines.1}\n",
         "wiring.yaml:22: bus can: the pin \"lines.1\" stands twice",
         {}},
        {"a load across nothing",
         "across: cells.<n>",
         "across: batteries.<n>",
         "wiring.yaml:10: load balance.1: it lies across batteries.1, which is the source of no "
         "input",
         {}},
        {"unknown key",
         "unit: bool",
         "units: bool",
         "wiring.yaml:8: inputs.remote.link: ",
         {"unknown key \"units\"; did you mean \"unit\"?",
          "Known: source, count, unit, rating, closed, open, faults, when"}},
        {"a fault that a cell cannot have",
         "[0 V, 5 V]}",
         "[0 V, 5 V], faults: [absent]}",
         "wiring.yaml:3: inputs.cell.<n>.faults[1]: ",
         {"expected one of: open, short, reversed, swapped, noise"}},
        {"a fault at a contact",
         "unit: bool}",
         "unit: bool, faults: [open]}",
         "wiring.yaml:8: inputs.remote.link.faults: ",
         {"a contact has no faults"}},
        {"a condition without a value",
         "unit: bool}",
         "unit: bool, when: cells}",
         "wiring.yaml:8: inputs.remote.link.when: ",
         {"expected a setting and its value"}},
        {"a condition on nothing",
         "unit: bool}",
         "unit: bool, when: cell=4}",
         "wiring.yaml:8: inputs.remote.link.when: ",
         {"unknown setting \"cell\"; did you mean \"cells\"?"}},
        {"a condition that never holds",
         "unit: bool}",
         "unit: bool, when: cells=5}",
         "wiring.yaml:8: inputs.remote.link.when: ",
         {"the setting cells is never \"5\"; expected 4, 16"}},
        {"a conflict of nothing",
         "loads:",
         "conflicts:\n  - {ports: {remote.x: closed}, reason: smoke}\nloads:",
         "wiring.yaml:10: a conflict names the input \"remote.x\", which there is not",
         {}},
        {"a conflict with a contact that is driven",
         "loads:",
         "conflicts:\n  - {ports: {remote.h: driven}, reason: smoke}\nloads:",
         "wiring.yaml:10: a conflict says remote.h is driven; expected closed or open",
         {}},
        {"a conflict with a source that is closed",
         "loads:",
         "conflicts:\n  - {ports: {supply: closed}, reason: smoke}\nloads:",
         "wiring.yaml:10: a conflict says supply is closed; expected driven or open",
         {}},
        {"a meter that is a reader too",
         "debounce: 0 s}\n",
         "debounce: 0 s}\nreadings:\n  gx: {port: gx, meter: lines.1, unit: V}\n",
         "wiring.yaml:22: reading gx: the pin \"lines.1\" stands twice",
         {}},
        {"missing source",
         "source: switches.3, ",
         "",
         "wiring.yaml:8: inputs.remote.link: the key \"source\" is missing",
         {}},
        {"no channel",
         "source: supply.1",
         "source: supply",
         "wiring.yaml:5: inputs.supply.source: ",
         {"\"supply\" is no pin; expected an instrument and its channel"}},
        {"channel zero",
         "source: supply.1",
         "source: supply.0",
         "wiring.yaml:5: inputs.supply.source: ",
         {"is no pin"}},
        {"channel beyond all",
         "source: supply.1",
         "source: supply.1000",
         "wiring.yaml:5: inputs.supply.source: ",
         {"is no pin"}},
        {"rating of another unit",
         "[0 V, 70 V]",
         "[0 V, 70 degC]",
         "wiring.yaml:5: inputs.supply.rating[2]: ",
         {"\"70 degC\" stands here; expected a number in V"}},
        {"rating upside down",
         "[0 V, 70 V]",
         "[70 V, 0 V]",
         "wiring.yaml:5: inputs.supply.rating: ",
         {"lowest value first"}},
        {"rating of one value",
         "[0 V, 70 V]",
         "[70 V]",
         "wiring.yaml:5: inputs.supply.rating: ",
         {"expected two values"}},
        {"no rating",
         ", rating: [0 V, 70 V]",
         "",
         "wiring.yaml:5: inputs.supply: the key \"rating\" is missing",
         {}},
        {"rating of a contact",
         "unit: bool",
         "unit: bool, rating: [0 V, 1 V]",
         "wiring.yaml:8: inputs.remote.link.rating: ",
         {"a contact", "has no rating"}},
        {"unknown unit",
         "unit: bool",
         "unit: volts",
         "wiring.yaml:8: inputs.remote.link.unit: ",
         {"expected one of: V, A, ohm, degC, bool"}},
        {"contact without open",
         "closed: supply, open: floating",
         "closed: supply",
         "wiring.yaml:6: inputs.remote.h: the key \"open\" is missing",
         {}},
        {"contact at a word",
         "closed: supply",
         "closed: plus",
         "wiring.yaml:6: inputs.remote.h.closed: ",
         {"\"plus\" stands here; expected supply, floating, or volts"}},
        {"contact at a list",
         "closed: supply",
         "closed: [1 V]",
         "wiring.yaml:6: inputs.remote.h.closed: ",
         {"a list stands here; expected a number in V"}},
        {"contact that is no voltage",
         "unit: V, closed: supply",
         "unit: degC, closed: supply",
         "wiring.yaml:6: inputs.remote.h.unit: ",
         {"expected V"}},
        {"contact to a supply that is not there",
         "  supply: {source: supply.1",
         "  pack: {source: supply.1",
         "wiring.yaml:6: input remote.h: the contact joins the net to the supply, but there is no "
         "input \"supply\"",
         {}},
        {"<n> without count",
         "count: cells, unit: V",
         "unit: V",
         "wiring.yaml:3: inputs.cell.<n>: ",
         {"the key \"count\" is missing"}},
        {"count without <n>",
         "unit: bool",
         "unit: bool, count: cells",
         "wiring.yaml:8: inputs.remote.link.count: ",
         {"expected <n> in its name"}},
        {"count by no setting",
         "count: cells, unit: V",
         "count: cell, unit: V",
         "wiring.yaml:3: inputs.cell.<n>.count: ",
         {"unknown setting \"cell\"; did you mean \"cells\"?"}},
        {"count by a word",
         "count: cells, unit: V",
         "count: variant, unit: V",
         "wiring.yaml:3: inputs.cell.<n>.count: ",
         {"the setting variant is \"small\"; expected a number"}},
        {"count by a fraction",
         "count: cells, unit: V",
         "count: limit, unit: V",
         "wiring.yaml:3: inputs.cell.<n>.count: ",
         {"the setting limit is 2.7; expected a whole number from 1 to 64"}},
        {"a name with capitals",
         "  remote.link:",
         "  Remote link:",
         "wiring.yaml:8: inputs.Remote link: ",
         {"\"Remote link\" is no name of a port"}},
        {"load of no resistance",
         "resistance: 4 ohm",
         "resistance: 0 ohm",
         "wiring.yaml:10: loads.balance.<n>.resistance: ",
         {"more than zero"}},
        {"pull-down in volts",
         "pull_down: 10 kohm",
         "pull_down: 10 kV",
         "wiring.yaml:16: lines.load.pull_down: ",
         {"\"10 kV\" stands here; expected a number in ohm"}},
        {"negative drop",
         "high_drop: 1 V",
         "high_drop: -1 V",
         "wiring.yaml:15: lines.load.stage.high_drop: ",
         {"below zero"}},
        {"thresholds upside down",
         "inactive_below: 1.5 V",
         "inactive_below: 4 V",
         "wiring.yaml:18: lines.load.threshold: ",
         {"expected inactive_below < active_above"}},
        {"pull-up that proves nothing",
         "to: 12 V",
         "to: 3 V",
         "wiring.yaml:17: lines.load.pull_up.to: ",
         {"does not read as active; expected 3.5 V or more"}},
        {"no threshold",
         "    threshold: {inactive_below: 1.5 V, active_above: 3.5 V}\n",
         "",
         "wiring.yaml:12: lines.load: the key \"threshold\" is missing",
         {}},
        {"lamp with a pull-down",
         "debounce: 0 s",
         "debounce: 0 s, pull_down: 1 kohm",
         "wiring.yaml:20: lines.led.load.pull_down: ",
         {"without a stage"}},
        {"negative debounce",
         "debounce: 20 ms",
         "debounce: -20 ms",
         "wiring.yaml:19: lines.load.debounce: ",
         {"a time of zero or more"}},
        {"debounce in volts",
         "debounce: 20 ms",
         "debounce: 20 mV",
         "wiring.yaml:19: lines.load.debounce: ",
         {"\"20 mV\" stands here; expected a number in s"}},
        {"format from the future",
         "format: 1",
         "format: 2",
         "wiring.yaml:1: format: the file has format 2",
         {}},
        {"empty section",
         "loads:\n  balance.<n>: {across: cells.<n>, resistance: 4 ohm, count: cells}",
         "loads:",
         "wiring.yaml:9: loads: nothing stands here; expected a mapping",
         {}},
    };
    expect_refusals(folder_, good, mistakes, [&](const std::string& text) { load(text); });
}

TEST_F(WiringFile, AStageNeedsASupply) {
    const std::string without_contact =
        changed(std::string(good), "closed: supply", "closed: 12 V");
    EXPECT_EQ(
        refusal_in(folder_, [&] { load(changed(without_contact, "  supply: {", "  pack: {")); }),
        "wiring.yaml:12: line load: a stage's high level comes from the supply, but there is no "
        "input \"supply\"");
}

/// The Load output of the smallBMS: sources the supply through a small resistance or floats; 10
/// kohm down, 100 kohm up to 12 V, level shifter 1.5 V and 3.5 V.
LineNet::Stage load_stage() {
    LineNet::Stage stage;
    stage.high_drop_volts = 0;
    stage.high_ohms = 1;
    stage.low_ohms = 1;
    stage.pull_down_ohms = 10e3;
    stage.pull_up_ohms = 100e3;
    stage.pull_up_volts = 12;
    stage.low_below_volts = 1.5;
    stage.high_above_volts = 3.5;
    return stage;
}

LineLevel level(const LineNet::Stage& stage, StageState state, double supply, Bias bias) {
    return line_level(stage, line_voltage(stage, state, supply, bias));
}

TEST(LineVoltage, FollowsOhmsLaw) {
    const LineNet::Stage stage = load_stage();
    // A divider of 1 ohm against 10 kohm; and 1 ohm to 13.2 V beside 100 kohm to 12 V.
    EXPECT_NEAR(line_voltage(stage, StageState::high, 13.2, Bias::down), 13.2 * 10e3 / 10001, 1e-9);
    EXPECT_NEAR(line_voltage(stage, StageState::high, 13.2, Bias::up), (13.2 * 100e3 + 12) / 100001,
                1e-9);
    EXPECT_NEAR(line_voltage(stage, StageState::high, 13.2, Bias::none), 13.2, 1e-9);
    EXPECT_NEAR(line_voltage(stage, StageState::low, 13.2, Bias::up), 12.0 / 100001, 1e-9);
    EXPECT_NEAR(line_voltage(stage, StageState::floating, 13.2, Bias::up), 12, 1e-9);
    EXPECT_EQ(line_voltage(stage, StageState::floating, 13.2, Bias::down), 0);
    EXPECT_TRUE(std::isnan(line_voltage(stage, StageState::floating, 13.2, Bias::none)));
}

TEST(LineVoltage, HighStandsBelowTheSupplyByItsDrop) {
    LineNet::Stage stage = load_stage();
    stage.high_drop_volts = 1;
    EXPECT_NEAR(line_voltage(stage, StageState::high, 13.2, Bias::none), 12.2, 1e-9);
}

TEST(LineLevel, IsRightFrom8To70VoltsForEveryBias) {
    const LineNet::Stage stage = load_stage();
    for (const double supply : {8.0, 12.0, 13.2, 26.4, 52.8, 70.0}) {
        SCOPED_TRACE(supply);
        for (const Bias bias : {Bias::none, Bias::down, Bias::up}) {
            EXPECT_EQ(level(stage, StageState::high, supply, bias), LineLevel::active);
            EXPECT_EQ(level(stage, StageState::low, supply, bias), LineLevel::inactive);
        }
        EXPECT_EQ(level(stage, StageState::floating, supply, Bias::down), LineLevel::inactive);
        EXPECT_EQ(level(stage, StageState::floating, supply, Bias::up), LineLevel::active);
        EXPECT_EQ(level(stage, StageState::floating, supply, Bias::none), LineLevel::indeterminate);
    }
}

TEST(LineLevel, OnlyAFloatingLineFollowsTheBias) {
    const LineNet::Stage stage = load_stage();
    const auto follows = [&](StageState state) {
        return level(stage, state, 13.2, Bias::down) != level(stage, state, 13.2, Bias::up);
    };
    EXPECT_TRUE(follows(StageState::floating));
    EXPECT_FALSE(follows(StageState::high));
    EXPECT_FALSE(follows(StageState::low));
}

TEST(LineLevel, AFloatingLineWithoutAPullIsIndeterminate) {
    LineNet::Stage stage = load_stage();
    stage.pull_down_ohms.reset();
    stage.pull_up_ohms.reset();
    for (const Bias bias : {Bias::none, Bias::down, Bias::up}) {
        EXPECT_EQ(level(stage, StageState::floating, 13.2, bias), LineLevel::indeterminate);
        EXPECT_EQ(level(stage, StageState::high, 13.2, bias), LineLevel::active);
    }
}

TEST(LineLevel, BetweenTheThresholdsNobodyCanSay) {
    const LineNet::Stage stage = load_stage();
    EXPECT_EQ(line_level(stage, 1.5), LineLevel::inactive);
    EXPECT_EQ(line_level(stage, 1.5001), LineLevel::indeterminate);
    EXPECT_EQ(line_level(stage, 3.4999), LineLevel::indeterminate);
    EXPECT_EQ(line_level(stage, 3.5), LineLevel::active);
    EXPECT_EQ(line_level(stage, std::nan("")), LineLevel::indeterminate);
    EXPECT_EQ(level(stage, StageState::high, 2.5, Bias::down), LineLevel::indeterminate);
}

TEST(LineVoltage, WithoutASupplyHighGivesNothing) {
    const LineNet::Stage stage = load_stage();
    EXPECT_EQ(line_voltage(stage, StageState::high, std::nan(""), Bias::down), 0);
    EXPECT_EQ(line_voltage(stage, StageState::high, 0, Bias::up), 12);
}

TEST_F(WiringFile, AnOpenCollectorIsActiveWhileItSinks) {
    const Wiring wiring = load(R"(format: 1
inputs: {supply: {source: supply.1, unit: V, rating: [0 V, 60 V]}}
loads: {}
lines:
  opto:
    port: opto
    reader: lines.1
    stage: {kind: open_collector, low_drop: 1 V, low_resistance: 10 ohm}
    pull_up: {resistance: 4.7 kohm, to: 12 V}
    pull_down: 4.7 kohm
    threshold: {active_below: 3.5 V, inactive_above: 8 V}
    debounce: 0 s
)");
    const LineNet::Stage& stage = *wiring.line("opto").stage;
    EXPECT_EQ(stage.resting_bias(), Bias::up);
    // 1 V behind 10 ohm against 12 V behind 4.7 kohm: 1 V + 11 V x 10 / 4710.
    EXPECT_NEAR(line_voltage(stage, StageState::low, 48, Bias::up), 1 + 11.0 * 10 / 4710, 1e-9);
    EXPECT_EQ(level(stage, StageState::low, 48, Bias::up), LineLevel::active);
    EXPECT_EQ(level(stage, StageState::floating, 48, Bias::up), LineLevel::inactive);
    EXPECT_EQ(level(stage, StageState::floating, 48, Bias::down), LineLevel::active)
        << "nothing tells a pull-down from a transistor";
    EXPECT_EQ(level(stage, StageState::floating, 48, Bias::none), LineLevel::indeterminate);
}

}  // namespace
}  // namespace bmsrig
