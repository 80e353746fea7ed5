#include "rig/config/limits_reader.h"

#include <gmock/gmock.h>

#include <chrono>

#include "rig/config/test_files.h"

namespace bmsrig {
namespace {

constexpr std::string_view good = R"(format: 1
limits:
  threshold:
    requirement: A-UV
    nominal: setting under_voltage
    tolerance: 5 mV
    source: page 1
  delay:
    requirement: A-UV
    high: 30 s + reaction_time + 50 ms
    source: page 2
  lead: {low: 30 s, acceptance: simple, source: page 3}
  band: {low: 2 degC - 0.5 degC, high: 3 degC, unit: degC, source: page 4}
  hysteresis: {unit: degC, record: true, requirement: A-HYST, source: nowhere}
)";

class LimitsFile : public testing::Test {
  protected:
    LimitsFile() { settings_.set("under_voltage", "2.8", "test"); }
    std::vector<Limit> read(const std::string& text) const {
        return read_limits(read_limits_file(folder_.write("limits.yaml", text)),
                           {settings_, std::chrono::seconds{1}, requirements_});
    }
    TestFolder folder_;
    Settings settings_{{{"under_voltage", Unit::volt, {}, 2.6, 2.8, "2.7", "page"},
                        {"cells", Unit::none, {"4", "8"}, {}, {}, "4", "page"}}};
    std::vector<Requirement> requirements_{{"A-UV", "t", "r", "", "verify", "s"},
                                           {"A-HYST", "t", "r", "", "characterise", "s"}};
};

TEST_F(LimitsFile, ReadsWhichAcceptanceALimitHas) {
    std::string file(good);
    const std::string_view simple = "acceptance: simple";
    file.replace(file.find(simple), simple.size(), "acceptance: relaxed");
    EXPECT_EQ(read(file).at(2).acceptance, Acceptance::relaxed);
}

TEST_F(LimitsFile, ReadsBandsWithSumsAndSettings) {
    const auto limits = read(std::string(good));
    ASSERT_EQ(limits.size(), 5U);
    EXPECT_EQ(limits[0].name, "threshold");
    EXPECT_EQ(limits[0].unit, Unit::volt);
    EXPECT_EQ(limits[0].low, 2.795)
        << "the double that a person would have written, no rounding noise";
    EXPECT_EQ(limits[0].high, 2.805);
    EXPECT_EQ(limits[0].acceptance, Acceptance::guarded);
    EXPECT_EQ(limits[0].requirement, "A-UV");
    EXPECT_EQ(limits[0].source, "page 1");
    EXPECT_EQ(limits[1].low, std::nullopt);
    EXPECT_EQ(limits[1].high, 31.05);
    EXPECT_EQ(limits[1].unit, Unit::second);
    EXPECT_EQ(limits[2].low, 30.0);
    EXPECT_EQ(limits[2].high, std::nullopt);
    EXPECT_EQ(limits[2].acceptance, Acceptance::simple);
    EXPECT_EQ(limits[2].requirement, "");
    EXPECT_EQ(limits[3].low, 1.5);
    EXPECT_EQ(limits[3].high, 3.0);
    EXPECT_EQ(limits[3].unit, Unit::celsius);
    EXPECT_TRUE(limits[4].records_only());
    EXPECT_EQ(limits[4].unit, Unit::celsius);
}

TEST_F(LimitsFile, RefusesMistakesByLine) {
    const std::vector<Mistake> mistakes{
        {"no such requirement",
         "requirement: A-UV\n    nominal",
         "requirement: A-UX\n    nominal",
         "limits.yaml:4: limits.threshold.requirement: ",
         {"unknown requirement \"A-UX\"; did you mean \"A-UV\"?"}},
        {"low above high",
         "high: 3 degC",
         "high: 1 degC",
         "limits.yaml:13: limits.band.high: ",
         {"ends at 1 degC, below its low end 1.5 degC"}},
        {"unknown setting",
         "setting under_voltage",
         "setting under_voltag",
         "limits.yaml:5: limits.threshold.nominal: ",
         {"unknown setting \"under_voltag\"; did you mean \"under_voltage\"?"}},
        {"a choice is no number",
         "setting under_voltage",
         "setting cells",
         "limits.yaml:5: limits.threshold.nominal: ",
         {"the setting cells is a choice"}},
        {"tolerance of another unit",
         "tolerance: 5 mV",
         "tolerance: 5 ms",
         "limits.yaml:6: limits.threshold.tolerance: ",
         {"the unit is \"s\"; expected \"V\""}},
        {"declared unit differs",
         "unit: degC, source: page 4",
         "unit: V, source: page 4",
         "limits.yaml:13: limits.band.low: ",
         {"the unit is \"degC\"; expected \"V\""}},
        {"no such unit",
         "unit: degC, record",
         "unit: kelvin, record",
         "limits.yaml:14: limits.hysteresis.unit: ",
         {"\"kelvin\" is no unit"}},
        {"sum of two units",
         "30 s + reaction_time",
         "30 V + reaction_time",
         "limits.yaml:10: limits.delay.high: ",
         {"a sum of \"V\" and \"s\""}},
        {"sum with a hole",
         "30 s + reaction_time",
         "30 s + + reaction_time",
         "limits.yaml:10: limits.delay.high: ",
         {"\"\" is no quantity"}},
        {"no number",
         "tolerance: 5 mV",
         "tolerance: small",
         "limits.yaml:6: limits.threshold.tolerance: ",
         {"\"small\" is no quantity", "setting <name>"}},
        {"tolerance of zero",
         "tolerance: 5 mV",
         "tolerance: 0 V",
         "limits.yaml:6: limits.threshold.tolerance: ",
         {"more than zero"}},
        {"no tolerance",
         "    tolerance: 5 mV\n",
         "",
         "limits.yaml:3: limits.threshold: the key \"tolerance\" is missing",
         {}},
        {"no end",
         "low: 30 s, ",
         "",
         "limits.yaml:12: limits.lead: the limit has no end",
         {"record: true"}},
        {"nominal and low",
         "tolerance: 5 mV",
         "tolerance: 5 mV\n    low: 1 V",
         "limits.yaml:7: limits.threshold.low: ",
         {"beside nominal and tolerance"}},
        {"nominal and high",
         "tolerance: 5 mV",
         "tolerance: 5 mV\n    high: 1 V",
         "limits.yaml:7: limits.threshold.high: ",
         {"beside nominal and tolerance"}},
        {"recorded and judged",
         "record: true",
         "record: true, high: 5 degC",
         "limits.yaml:14: limits.hysteresis.high: ",
         {"beside record: true"}},
        {"recorded without a unit",
         "unit: degC, record: true",
         "record: true",
         "limits.yaml:14: limits.hysteresis: the key \"unit\" is missing",
         {}},
        {"judging what is characterised",
         "unit: degC, record: true",
         "high: 5 degC",
         "limits.yaml:14: limits.hysteresis.requirement: ",
         {"A-HYST is only characterised"}},
        {"record must be a word",
         "record: true",
         "record: yes",
         "limits.yaml:14: limits.hysteresis.record: ",
         {"one of: true, false"}},
        {"unknown acceptance",
         "acceptance: simple",
         "acceptance: lenient",
         "limits.yaml:12: limits.lead.acceptance: ",
         {"one of: guarded, simple"}},
        {"unknown key",
         "tolerance: 5 mV",
         "tolerence: 5 mV",
         "limits.yaml:6: limits.threshold: ",
         {"unknown key \"tolerence\"; did you mean \"tolerance\"?"}},
        {"no source",
         "    source: page 2\n",
         "",
         "limits.yaml:8: limits.delay: the key \"source\" is missing",
         {}},
        {"limit twice",
         "  lead:",
         "  delay:",
         "limits.yaml:12: the key \"delay\" stands twice, first in line 8",
         {}},
        {"bad name",
         "  lead:",
         "  Lead time:",
         "limits.yaml:12: limits.Lead time: a limit's name has only a-z",
         {}},
        {"format from the future",
         "format: 1",
         "format: 7",
         "limits.yaml:1: format: the file has format 7",
         {}},
        {"no limits", good.data() + 10, "", "limits.yaml:1: the key \"limits\" is missing", {}},
    };
    expect_refusals(folder_, good, mistakes, [&](const std::string& text) { read(text); });
}

}  // namespace
}  // namespace bmsrig
