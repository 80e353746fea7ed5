#include "rig/config/settings.h"

#include <gmock/gmock.h>

#include "rig/config/settings_table.h"
#include "rig/config/test_files.h"
#include "rig/config/yaml_reader.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view good = R"(cells: {choices: [4, 8], default: 4, source: page}
variant: {choices: [small, mini], default: small, source: page}
under_voltage:
  low: 2.60 V
  high: 2.80 V
  default: 2.70 V
  source: page
)";

class SettingsFile : public testing::Test {
  protected:
    std::vector<SettingSpec> read(const std::string& text) const {
        return read_setting_specs(read_yaml(folder_.write("s.yaml", text)));
    }
    Settings settings() const { return Settings(read(std::string(good))); }
    TestFolder folder_;
};

TEST_F(SettingsFile, DefaultsAreInForce) {
    const Settings in_force = settings();
    EXPECT_EQ(in_force.number("cells"), 4);
    EXPECT_EQ(in_force.text("variant"), "small");
    EXPECT_EQ(in_force.number("under_voltage"), 2.7);
    EXPECT_EQ(in_force.text("under_voltage"), "2.7");
    EXPECT_EQ(in_force.spec("under_voltage").unit, Unit::volt);
    EXPECT_EQ(in_force.spec("under_voltage").describe_range(), "2.6 V to 2.8 V");
    EXPECT_TRUE(in_force.has("cells"));
    EXPECT_FALSE(in_force.has("cell"));
    EXPECT_TRUE(in_force.explicit_values().empty());
}

TEST_F(SettingsFile, OnlyWhatWasSetReachesTheUut) {
    Settings in_force = settings();
    in_force.set("under_voltage", "2650 mV", "bench");
    in_force.set("under_voltage", "2.8", "user");  // the later wins; the range's ends belong to it
    in_force.set("cells", "8", "user");
    EXPECT_EQ(in_force.number("under_voltage"), 2.8);
    EXPECT_THAT(in_force.explicit_values(),
                ElementsAre(Pair("cells", "8"), Pair("under_voltage", "2.8")));
}

TEST_F(SettingsFile, RefusesWhatAProductDoesNotTake) {
    Settings in_force = settings();
    const auto refusal = [&](std::string_view name, std::string_view value) {
        return refusal_in(folder_, [&] { in_force.set(name, value, "--set"); });
    };
    EXPECT_EQ(refusal("cels", "8"),
              "--set: unknown setting \"cels\"; did you mean \"cells\"? Known: cells, variant, "
              "under_voltage");
    EXPECT_EQ(refusal("cells", "5"), "--set: cells cannot be \"5\"; expected one of 4, 8");
    EXPECT_EQ(refusal("under_voltage", "2.81"),
              "--set: under_voltage cannot be \"2.81\"; expected 2.6 V to 2.8 V");
    EXPECT_EQ(refusal("under_voltage", "2.59 V"),
              "--set: under_voltage cannot be \"2.59 V\"; expected 2.6 V to 2.8 V");
    EXPECT_EQ(refusal("under_voltage", "2.7 s"),
              "--set: under_voltage cannot be \"2.7 s\"; expected a number in V, 2.6 V to 2.8 V");
    EXPECT_EQ(refusal("under_voltage", "low"),
              "--set: under_voltage cannot be \"low\"; expected a number, 2.6 V to 2.8 V");
    EXPECT_LT(refusal(std::string(10000, 'x'), "1").size(), 300U);
    EXPECT_TRUE(in_force.explicit_values().empty()) << "a refused value changes nothing";
    EXPECT_THROW(static_cast<void>(in_force.text("cels")), Error);
    EXPECT_THROW(static_cast<void>(in_force.number("variant")), Error);
}

TEST_F(SettingsFile, RefusesBadSpecs) {
    const std::vector<Mistake> mistakes{
        {"default outside the range",
         "default: 2.70 V",
         "default: 3 V",
         "s.yaml:6: under_voltage.default: ",
         {"cannot be \"3 V\"; expected 2.6 V to 2.8 V"}},
        {"default of another unit",
         "default: 2.70 V",
         "default: 2.70 A",
         "s.yaml:6: under_voltage.default: ",
         {"\"2.70 A\" stands here; expected a number in V"}},
        {"range upside down",
         "high: 2.80 V",
         "high: 2.50 V",
         "s.yaml:5: under_voltage.high: ",
         {"low <= high"}},
        {"ends of two units",
         "high: 2.80 V",
         "high: 2.80 degC",
         "s.yaml:5: under_voltage.high: ",
         {"a number in V"}},
        {"no range",
         "  low: 2.60 V\n",
         "",
         "s.yaml:3: under_voltage: the key \"low\" is missing",
         {}},
        {"choices and a range",
         "default: small",
         "low: 1, default: small",
         "s.yaml:2: variant.low: ",
         {"one or the other"}},
        {"default is no choice",
         "default: small",
         "default: large",
         "s.yaml:2: variant.default: ",
         {"expected one of small, mini"}},
        {"choice twice",
         "[4, 8]",
         "[4, 4]",
         "s.yaml:1: cells.choices[2]: ",
         {"\"4\" stands twice"}},
        {"no choice", "[4, 8]", "[]", "s.yaml:1: cells.choices: the list is empty", {}},
        {"no source",
         "mini], default: small, source: page",
         "mini], default: small",
         "s.yaml:2: variant: the key \"source\" is missing",
         {}},
        {"unknown key",
         "  low: 2.60 V",
         "  lowest: 2.60 V",
         "s.yaml:4: under_voltage: unknown key \"lowest\"",
         {}},
        {"bad name",
         "variant:",
         "Variant:",
         "s.yaml:2: Variant: a setting's name has only a-z",
         {}},
    };
    expect_refusals(folder_, good, mistakes, [&](const std::string& text) { read(text); });
}

TEST_F(SettingsFile, AScratchFileIsNobodySToSet) {
    Settings in_force(read("memory: {scratch_file: true, source: page}"));
    EXPECT_TRUE(in_force.spec("memory").is_scratch_file);
    EXPECT_EQ(in_force.text("memory"), "new");
    EXPECT_TRUE(in_force.explicit_values().empty());
    EXPECT_THAT(refusal_in(folder_, [&] { in_force.set("memory", "/tmp/x", "--set"); }),
                testing::HasSubstr("the file that the rig provides for every test"));
    EXPECT_THAT(refusal_in(folder_, [&] { read("m: {scratch_file: false, source: page}"); }),
                testing::HasSubstr("s.yaml:1: "));
    EXPECT_THAT(
        refusal_in(folder_, [&] { read("m: {scratch_file: true, default: x, source: page}"); }),
        testing::HasSubstr("unknown key \"default\""));
}

constexpr std::string_view table =
    "mnemonic,group,access,type,unit,minimum,maximum,default,decimals,choices,counts,source,note\n"
    "*IDN,identity,R,text,,,,unit,,,,page,\n"
    "CMAX,voltage,RW,float,V,2.0,4.25,3.85,2,,,\"Table 10, row 12\",\n"
    "CHAC,limits,RW,float,1/h,0.01,3.0,0.6,3,,,page,\n"
    "CANS,bus,RW,integer,1,0,132,3,0,0-4 128-132,,page,\n"
    "WHRE,counter,W,text,,,,,,,,page,\n";

TEST_F(SettingsFile, ATableOfInstructionsIsATableOfSettings) {
    const auto specs = read_settings_table(folder_.write("t.csv", table));
    ASSERT_EQ(specs.size(), 3);
    EXPECT_EQ(specs[0].name, "cmax");
    EXPECT_EQ(specs[0].unit, Unit::volt);
    EXPECT_EQ(specs[0].low, 2.0);
    EXPECT_EQ(specs[0].high, 4.25);
    EXPECT_EQ(specs[0].default_text, "3.85");
    EXPECT_EQ(specs[0].source, "Table 10, row 12");
    EXPECT_EQ(specs[1].unit, Unit::none) << "a unit that the rig does not reckon with";
    EXPECT_EQ(specs[2].default_text, "3");
    EXPECT_THAT(specs[2].intervals, ElementsAre(Pair(0, 4), Pair(128, 132)));
}

TEST_F(SettingsFile, ASettingOfATableIsRefusedAsTheUnitRefusesIt) {
    Settings in_force(read_settings_table(folder_.write("t.csv", table)));
    const auto refusal = [&](std::string_view value) {
        return refusal_in(folder_, [&] { in_force.set("cans", value, "--set"); });
    };
    EXPECT_THAT(refusal("123"), testing::HasSubstr("\"123\"; expected 0 to 4, 128 to 132"));
    EXPECT_THAT(refusal("1.5"), testing::HasSubstr("\"1.5\"; expected a whole number, 0 to 4"));
    in_force.set("cans", "128", "--set");
    EXPECT_EQ(in_force.number("cans"), 128);
}

TEST_F(SettingsFile, AMistakeInTheTableIsNamedByLine) {
    const auto refusal = [&](const std::string& from, const std::string& to) {
        const auto file = folder_.write("t.csv", changed(std::string(table), from, to));
        return refusal_in(folder_, [&] { read_settings_table(file); });
    };
    EXPECT_THAT(refusal("V,2.0,4.25", "V,two,4.25"),
                testing::HasSubstr("t.csv:3: CMAX: the minimum is \"two\"; expected a number"));
    EXPECT_THAT(refusal("0-4 128", "0-x 128"),
                testing::HasSubstr("t.csv:5: CANS: the choices have \"0-x\"; expected whole"));
    EXPECT_THAT(refusal("mnemonic,group", "mnemonics,group"), testing::HasSubstr("t.csv:1"));
}

}  // namespace
}  // namespace bmsrig
