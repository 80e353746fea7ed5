#include "rig/config/bench.h"

#include <gmock/gmock.h>

#include "rig/config/test_files.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::Field;

constexpr std::string_view good = R"(format: 1
bench: left
fixture: maker
clock: virtual
seed: 7
settings: {cells: 4}
uut: ./my_bms --fast
instruments:
  cells:
    driver: virtual_cells
    channels: 16
    noise: 50 uV
    mode: gentle
  lines: {driver: virtual_lines}
)";

class BenchFile : public testing::Test {
  protected:
    Bench load(const std::string& text) const { return Bench::load(folder_.write("b.yaml", text)); }
    TestFolder folder_;
};

TEST_F(BenchFile, HoldsWhatTheFileSays) {
    const Bench bench = load(std::string(good));
    EXPECT_EQ(bench.name, "left");
    EXPECT_EQ(bench.fixture, "maker");
    EXPECT_EQ(bench.fixture_place.line, 3);
    EXPECT_EQ(bench.clock, ClockKind::virtual_time);
    EXPECT_EQ(bench.seed, 7U);
    ASSERT_EQ(bench.settings.size(), 1U);
    EXPECT_EQ(bench.settings[0].name, "cells");
    EXPECT_EQ(bench.settings[0].value, "4");
    EXPECT_THAT(bench.files, ElementsAre(folder_.path() / "b.yaml"));
    EXPECT_EQ(bench.uut, "./my_bms --fast");
    ASSERT_EQ(bench.instruments.size(), 2U);
    EXPECT_EQ(bench.instruments[0].name, "cells");
    EXPECT_EQ(bench.instruments[0].driver, "virtual_cells");
    EXPECT_EQ(bench.instruments[0].line, 9);
    ASSERT_EQ(bench.instruments[0].options.size(), 3U);
    EXPECT_EQ(bench.instruments[0].options[1].key, "noise");
    EXPECT_EQ(bench.instruments[0].options[1].text, "50 uV");
    EXPECT_EQ(bench.instruments[0].options[1].line, 12);
}

TEST_F(BenchFile, WhatIsLeftOutHasADefault) {
    const Bench bench =
        load("format: 1\nbench: b\nfixture: f\nclock: real\ninstruments: {a: {driver: d}}\n");
    EXPECT_EQ(bench.clock, ClockKind::real_time);
    EXPECT_EQ(bench.seed, 1U);
    EXPECT_TRUE(bench.settings.empty());
    EXPECT_EQ(bench.uut, "");
}

TEST_F(BenchFile, SaysWhatItCannotDo) {
    EXPECT_TRUE(load(std::string(good)).cannot.empty());
    const Bench bench = load(std::string(good) + "cannot: [can_faults, uut_settings]\n");
    EXPECT_THAT(bench.cannot, ElementsAre("can_faults", "uut_settings"));
    const auto refusal = [&](const std::string& list) {
        return refusal_in(folder_, [&] { load(std::string(good) + "cannot: [" + list + "]\n"); });
    };
    EXPECT_THAT(refusal("can_fault"),
                testing::AllOf(testing::StartsWith("b.yaml:15: cannot[1]: unknown ability "
                                                   "\"can_fault\"; did you mean \"can_faults\"?"),
                               testing::HasSubstr("uut_settings")));
    EXPECT_EQ(refusal("noise, noise"), "b.yaml:15: cannot[2]: \"noise\" stands here twice");
}

TEST_F(BenchFile, SaysWhatBecomesOfAnExpiredCalibration) {
    const CalibrationRule usual = load(std::string(good)).calibration;
    EXPECT_FALSE(usual.refuses_expired);
    EXPECT_EQ(usual.valid_for_days, 365);
    EXPECT_FALSE(usual.is_required);
    const std::string strict =
        std::string(good) + "calibration: {expired: refuse, valid_for_days: 730, required: true}\n";
    const CalibrationRule rule = load(strict).calibration;
    EXPECT_TRUE(rule.refuses_expired);
    EXPECT_EQ(rule.valid_for_days, 730);
    EXPECT_TRUE(rule.is_required);
    EXPECT_EQ(rule.place.line, 15);
    EXPECT_EQ(refusal_in(folder_, [&] { load(changed(strict, "expired: refuse", "expired: no")); }),
              "b.yaml:15: calibration.expired: \"no\" stands here; expected one of: refuse, mark");
    EXPECT_EQ(refusal_in(folder_, [&] { load(changed(strict, "730", "0")); }),
              "b.yaml:15: calibration.valid_for_days: \"0\" stands here; expected a whole number "
              "from 1 to 3650");
}

TEST_F(BenchFile, SaysHowLongTheRigMayBeSilent) {
    using namespace std::chrono_literals;
    const Bench unsaid = load(std::string(good));
    EXPECT_EQ(unsaid.guard.limits.plan, 60s);
    EXPECT_EQ(unsaid.guard.limits.stuck, 50ms);
    EXPECT_EQ(unsaid.guard.limits.silence, 60ms);
    EXPECT_EQ(unsaid.guard.off_because, "");
    const Bench said = load(std::string(good) + "guard: {plan_limit: 600 s, stuck: 80 ms}\n");
    EXPECT_EQ(said.guard.limits.plan, 600s);
    EXPECT_EQ(said.guard.limits.stuck, 80ms);
    EXPECT_EQ(said.guard.limits.silence, 60ms);
}

TEST_F(BenchFile, HasNoGuardOnlyForAReason) {
    const auto refusal = [&](const std::string& guard) {
        return refusal_in(folder_, [&] { load(std::string(good) + "guard: " + guard + "\n"); });
    };
    EXPECT_EQ(
        load(std::string(good) + "guard: {off: a debugger stops the rig}\n").guard.off_because,
        "a debugger stops the rig");
    EXPECT_THAT(refusal("off"),
                testing::HasSubstr("b.yaml:15: guard: expected the guard's limits"));
    EXPECT_THAT(refusal("{off: }"), testing::StartsWith("b.yaml:15: guard.off"));
    EXPECT_THAT(refusal("{off: why, stuck: 50 ms}"),
                testing::HasSubstr("a guard that is off has no limits"));
    EXPECT_THAT(refusal("{stuck: 1 ms}"), testing::HasSubstr("expected 0.02 s or more"));
    EXPECT_THAT(refusal("{stuk: 50 ms}"), testing::HasSubstr("did you mean"));
}

TEST_F(BenchFile, OverlaysTheSettingsOfAProduct) {
    Settings product{{{"cells", Unit::none, {"2", "4"}, {}, {}, "2", "page"}}};
    load(std::string(good)).apply_settings(product);
    EXPECT_EQ(product.text("cells"), "4");
    const Bench wrong = load(changed(std::string(good), "{cells: 4}", "{cells: 5}"));
    EXPECT_EQ(refusal_in(folder_, [&] { wrong.apply_settings(product); }),
              "b.yaml:6: cells cannot be \"5\"; expected one of 2, 4");
}

TEST_F(BenchFile, TakesWhatItDoesNotSayFromTheOneItIsBasedOn) {
    folder_.write("good.yaml", good);
    const Bench bench = load("format: 1\nbench: right\nbased_on: good.yaml\n");
    EXPECT_EQ(bench.name, "right");
    EXPECT_EQ(bench.file, folder_.path() / "b.yaml");
    EXPECT_THAT(bench.files, ElementsAre(folder_.path() / "b.yaml", folder_.path() / "good.yaml"));
    EXPECT_EQ(bench.fixture, "maker");
    EXPECT_EQ(bench.clock, ClockKind::virtual_time);
    EXPECT_EQ(bench.seed, 7U);
    EXPECT_EQ(bench.uut, "./my_bms --fast");
    EXPECT_THAT(bench.settings, ElementsAre(Field(&BenchSetting::value, "4")));
    EXPECT_THAT(bench.instruments, ElementsAre(Field(&InstrumentSpec::name, "cells"),
                                               Field(&InstrumentSpec::name, "lines")));
}

TEST_F(BenchFile, WhatItSaysItselfStandsBeforeTheOneItIsBasedOn) {
    folder_.write("good.yaml", good);
    const Bench bench = load(R"(format: 1
bench: right
based_on: good.yaml
fixture: other
clock: real
seed: 8
uut: none
settings: {variant: v2, cells: 8}
instruments:
  cells: {driver: real_cells}
  meters: {driver: real_meters}
)");
    EXPECT_EQ(bench.fixture, "other");
    EXPECT_EQ(bench.clock, ClockKind::real_time);
    EXPECT_EQ(bench.seed, 8U);
    EXPECT_EQ(bench.uut, "none");
    ASSERT_EQ(bench.settings.size(), 2U);
    EXPECT_EQ(bench.settings[0].name, "cells");
    EXPECT_EQ(bench.settings[0].value, "8");
    EXPECT_EQ(bench.settings[1].name, "variant");
    ASSERT_EQ(bench.instruments.size(), 3U);
    EXPECT_EQ(bench.instruments[0].name, "cells");
    EXPECT_EQ(bench.instruments[0].driver, "real_cells");
    EXPECT_TRUE(bench.instruments[0].options.empty()) << "an instrument is replaced as a whole";
    EXPECT_EQ(bench.instruments[1].name, "lines");
    EXPECT_EQ(bench.instruments[2].name, "meters");
}

TEST_F(BenchFile, AMistakeIsNamedWithTheFileItStandsIn) {
    Settings product{{{"cells", Unit::none, {"2", "8"}, {}, {}, "2", "page"}}};
    folder_.write("good.yaml", good);
    const std::string text = "format: 1\nbench: right\nbased_on: good.yaml\n";
    Bench bench = load(text);
    EXPECT_EQ(bench.fixture_place.file, (folder_.path() / "good.yaml").string());
    EXPECT_EQ(bench.fixture_place.line, 3);
    EXPECT_EQ(bench.instruments_place.file, (folder_.path() / "good.yaml").string());
    EXPECT_EQ(bench.instruments_place.line, 8);
    EXPECT_EQ(refusal_in(folder_, [&] { bench.apply_settings(product); }),
              "good.yaml:6: cells cannot be \"4\"; expected one of 2, 8");
    EXPECT_EQ(refusal_in(folder_, [&] { bench.instruments[0].finish(); }).substr(0, 13),
              "good.yaml:11:");
    bench = load(text + "settings: {cells: 9}\n");
    EXPECT_EQ(refusal_in(folder_, [&] { bench.apply_settings(product); }),
              "b.yaml:4: cells cannot be \"9\"; expected one of 2, 8");
    EXPECT_EQ(refusal_in(folder_, [&] { load("format: 1\nbased_on: good.yaml\n"); }),
              "b.yaml:1: the key \"bench\" is missing")
        << "a bench has a name of its own";

    folder_.write("good.yaml", changed(std::string(good), "clock: virtual", "clock: fast"));
    EXPECT_EQ(refusal_in(folder_, [&] { load(text); }),
              "good.yaml:4: clock: \"fast\" stands here; expected one of: virtual, real");
    folder_.write("good.yaml", changed(std::string(good), "clock: virtual\n", ""));
    EXPECT_EQ(refusal_in(folder_, [&] { load(text); }), "b.yaml:1: the key \"clock\" is missing");
    folder_.write("good.yaml", changed(std::string(good), "uut:", "dut:"));
    EXPECT_THAT(
        refusal_in(folder_, [&] { load(text); }),
        testing::StartsWith("good.yaml:7: unknown key \"dut\"; did you mean \"uut\"? Known: "));
}

TEST_F(BenchFile, SaysHowLateTheRigMayBe) {
    const auto allowed = [&](const std::string& more) {
        folder_.write("timed.yaml", std::string(good) + more);
        return Bench::load(folder_.path() / "timed.yaml").allowed_lateness;
    };
    EXPECT_EQ(allowed(""), std::chrono::milliseconds{10}) << "unless said";
    EXPECT_EQ(allowed("timing: {lateness: 250 us}\n"), std::chrono::microseconds{250});
    EXPECT_THROW(allowed("timing: {lateness: 3 V}\n"), InputError);
    EXPECT_THROW(allowed("timing: {jitter: 3 ms}\n"), InputError);
}

TEST_F(BenchFile, ABaseMayBeAnotherProductS) {
    folder_.write("other/benches/base.yaml", good);
    folder_.write(
        "mine/benches/b.yaml",
        "format: 1\nbench: right\nbased_on: ../../other/benches/base.yaml\nfixture: mine\n");
    const Bench bench = Bench::load(folder_.path() / "mine/benches/b.yaml");
    EXPECT_EQ(bench.fixture, "mine");
    ASSERT_EQ(bench.files.size(), 2U);
    EXPECT_EQ(bench.files[1], folder_.path() / "other/benches/base.yaml");
    EXPECT_FALSE(bench.instruments.empty());
}

TEST_F(BenchFile, RefusesAChainThatLeadsNowhereOrTooFar) {
    const auto based_on = [](const std::string& name) {
        return "format: 1\nbench: b\nbased_on: " + name + "\n";
    };
    const auto refusal = [&](const std::string& name) {
        return refusal_in(folder_, [&] { load(based_on(name)); });
    };
    const std::string wanted =
        "expected a bench file beside this one, or its way from here, such as "
        "../../<product>/benches/virtual.yaml";
    for (const std::string gone : {"gone.yaml", "../good.yaml", "benches/good.yaml"}) {
        EXPECT_EQ(refusal(gone),
                  "b.yaml:3: based_on: there is no file \"" + gone + "\"; " + wanted);
    }
    EXPECT_EQ(
        refusal("/good.yaml"),
        "b.yaml:3: based_on: \"/good.yaml\" is the same place on this machine only; " + wanted);
    EXPECT_EQ(refusal("../" + folder_.path().filename().string() + "/b.yaml"),
              "b.yaml:3: based_on: \"../" + folder_.path().filename().string() +
                  "/b.yaml\" is based on this file; a bench cannot be based on itself");
    EXPECT_EQ(refusal("[good.yaml]"), "b.yaml:3: based_on: a list stands here; expected a text");
    EXPECT_EQ(refusal("b.yaml"),
              "b.yaml:3: based_on: \"b.yaml\" is based on this file; a bench "
              "cannot be based on itself");
    folder_.write("c.yaml", based_on("b.yaml"));
    EXPECT_EQ(refusal("c.yaml"),
              "c.yaml:3: based_on: \"b.yaml\" is based on this file; a bench "
              "cannot be based on itself");

    folder_.write("c.yaml", based_on("d.yaml"));
    folder_.write("d.yaml", based_on("e.yaml"));
    folder_.write("e.yaml", good);
    EXPECT_EQ(load(based_on("c.yaml")).files.size(), 4U);
    folder_.write("e.yaml", based_on("f.yaml"));
    folder_.write("f.yaml", good);
    EXPECT_EQ(refusal("c.yaml"),
              "e.yaml:3: based_on: this is the file number 4 of a chain already; expected no more "
              "than 4, the first and the last included");
}

TEST_F(BenchFile, RefusesMistakesByLine) {
    const std::vector<Mistake> mistakes{
        {"unknown key", "uut:", "dut:", "b.yaml:7: unknown key \"dut\"; did you mean \"uut\"?", {}},
        {"missing key", "fixture: maker\n", "", "b.yaml:1: the key \"fixture\" is missing", {}},
        {"unknown clock",
         "clock: virtual",
         "clock: fast",
         "b.yaml:4: clock: ",
         {"expected one of: virtual, real"}},
        {"negative seed", "seed: 7", "seed: -1", "b.yaml:5: seed: ", {"a whole number from 0 to"}},
        {"seed with a unit",
         "seed: 7",
         "seed: 7 s",
         "b.yaml:5: seed: ",
         {"a whole number from 0 to"}},
        {"settings are a list",
         "{cells: 4}",
         "[cells]",
         "b.yaml:6: settings: a list stands here",
         {"a mapping"}},
        {"no driver",
         "{driver: virtual_lines}",
         "{channels: 5}",
         "b.yaml:14: instruments.lines: the key \"driver\" is missing",
         {}},
        {"an instrument is a word",
         "{driver: virtual_lines}",
         "virtual_lines",
         "b.yaml:14: instruments.lines: ",
         {"\"virtual_lines\" stands here; expected a mapping"}},
        {"an option is a list",
         "channels: 16",
         "channels: [16]",
         "b.yaml:11: instruments.cells.channels: ",
         {"a list stands here; expected a text"}},
        {"an option twice",
         "    mode: gentle",
         "    noise: 1 mV",
         "b.yaml:13: the key \"noise\" stands twice, first in line 12",
         {}},
        {"an instrument twice",
         "  lines:",
         "  cells:",
         "b.yaml:14: the key \"cells\" stands twice, first in line 9",
         {}},
        {"a name with a blank",
         "  lines:",
         "  line bank:",
         "b.yaml:14: instruments.line bank: an instrument's name",
         {}},
        {"format from the future",
         "format: 1",
         "format: 2",
         "b.yaml:1: format: the file has format 2",
         {}},
    };
    expect_refusals(folder_, good, mistakes, [&](const std::string& text) { load(text); });
    EXPECT_EQ(refusal_in(
                  folder_,
                  [&] { load("format: 1\nbench: b\nfixture: f\nclock: real\ninstruments: {}\n"); }),
              "b.yaml:5: instruments: there is no instrument; expected at least one");
}

TEST_F(BenchFile, ADriverTakesItsOptionsWithTheirUnits) {
    InstrumentSpec spec = load(std::string(good)).instruments[0];
    EXPECT_EQ(spec.number("noise", Unit::volt, 0, 0, 1), 50e-6);
    EXPECT_EQ(spec.number("accuracy", Unit::volt, 1e-3, 0, 1), 1e-3) << "what the file leaves out";
    EXPECT_EQ(spec.integer("channels", 4, 1, 64), 16);
    EXPECT_EQ(spec.integer("buffer", 4, 1, 64), 4);
    EXPECT_EQ(spec.word("mode", "rough"), "gentle");
    EXPECT_EQ(spec.word("colour", "none"), "none");
    EXPECT_EQ(spec.date("calibrated"), "");
    EXPECT_NO_THROW(spec.finish());
}

TEST_F(BenchFile, ADateIsADayThatThereIs) {
    const auto date = [&](const std::string& text) {
        return load(changed(std::string(good), "mode: gentle", "calibrated: " + text))
            .instruments[0]
            .date("calibrated");
    };
    EXPECT_EQ(date("2026-03-31"), "2026-03-31");
    EXPECT_EQ(date("2024-02-29"), "2024-02-29");
    for (const std::string wrong :
         {"2026-02-29", "2026-3-31", "31.03.2026", "2026-13-01", "2026-00-10", "0000-01-01",
          "2026-03-3x", "2026/03/31", "-026-03-31"}) {
        EXPECT_EQ(refusal_in(folder_, [&] { static_cast<void>(date(wrong)); }),
                  "b.yaml:13: instruments.cells.calibrated: \"" + wrong +
                      "\" stands here; expected a day that there is, such as 2026-03-31");
    }
}

TEST_F(BenchFile, ADriverRefusesOptionsByLine) {
    const auto refusal = [&](const std::string& from, const std::string& to) {
        return refusal_in(folder_, [&] {
            InstrumentSpec spec = load(changed(std::string(good), from, to)).instruments[0];
            static_cast<void>(spec.number("noise", Unit::volt, 0, 0, 1));
            static_cast<void>(spec.integer("channels", 4, 1, 64));
            static_cast<void>(spec.word("mode", "gentle"));
            spec.finish();
        });
    };
    EXPECT_EQ(refusal("noise: 50 uV", "noise: 50 us"),
              "b.yaml:12: instruments.cells.noise: \"50 us\" stands here; expected 0 V to 1 V");
    EXPECT_EQ(refusal("noise: 50 uV", "noise: 2 V"),
              "b.yaml:12: instruments.cells.noise: \"2 V\" stands here; expected 0 V to 1 V");
    EXPECT_EQ(refusal("noise: 50 uV", "noise: loud"),
              "b.yaml:12: instruments.cells.noise: \"loud\" stands here; expected 0 V to 1 V");
    for (const std::string wrong : {"0", "65", "1.5", "4 V", "many", "1e30"}) {
        EXPECT_EQ(refusal("channels: 16", "channels: " + wrong),
                  "b.yaml:11: instruments.cells.channels: \"" + wrong +
                      "\" stands here; expected a whole number from 1 to 64");
    }
    EXPECT_EQ(refusal("mode: gentle", "nois: 1 mV"),
              "b.yaml:13: instruments.cells: unknown option of the driver virtual_cells, \"nois\"; "
              "did you mean "
              "\"noise\"? Known: noise, channels, mode");
}

}  // namespace
}  // namespace bmsrig
