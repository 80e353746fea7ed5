#include "drivers/scpi/template.h"

#include <gmock/gmock.h>

#include <array>

#include "drivers/contract/workbench.h"
#include "drivers/scpi/profile.h"
#include "drivers/scpi/source_ranges.h"
#include "rig/error.h"
#include "rig/test_folder.h"

namespace bmsrig::scpi {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

using Kind = CommandTemplate::Kind;
const CommandTemplate::Rules set{
    Kind::command, {Hole::channel, Hole::value}, {Hole::channel, Hole::value}, true, 1e-4};

CommandTemplate take(const std::string& text, const CommandTemplate::Rules& rules) {
    InstrumentSpec spec = spec_of("cells", "scpi_cell_simulator", {{"set_voltage", text}});
    return CommandTemplate::take(spec, "set_voltage", rules);
}

std::string refused(const std::string& text, const CommandTemplate::Rules& rules = set) {
    return text_of<InputError>([&] { take(text, rules); });
}

TEST(CommandTemplate, FillsItsHoles) {
    const auto command = take("SOUR{channel}:VOLT {value}", set);
    EXPECT_EQ(command.fill({.channel = 12, .value = 3.3001}), "SOUR12:VOLT 3.3001");
    EXPECT_EQ(take("SOUR{channel}:VOLT {value:.4f}", set).fill({.channel = 1, .value = 2.8}),
              "SOUR1:VOLT 2.8000");
    const std::array channels{1, 2, 3, 7};
    const std::array values{1.0, 1.0, 2.5, 1.0};
    const auto many =
        take("SOUR:VOLT {values},(@{channels})", {Kind::command, {Hole::values, Hole::channels}});
    EXPECT_EQ(many.fill({.channels = channels, .values = values}), "SOUR:VOLT 1,1,2.5,1,(@1:3,7)");
}

TEST(CommandTemplate, IsCheckedBeforeAnybodyConnects) {
    EXPECT_THAT(refused("SOUR{chanel}:VOLT {value}"),
                AllOf(StartsWith("bench.yaml:11: instruments.cells.set_voltage: \"{chanel}\" "
                                 "stands here"),
                      HasSubstr("expected of placeholders: {channel}, {value}")));
    EXPECT_THAT(refused("SOUR{channel}:VOLT?"), HasSubstr("is a query (it has a question mark)"));
    EXPECT_THAT(refused("SOUR{channel}:VOLT"), HasSubstr("says nothing of {value}"));
    EXPECT_THAT(refused("SOUR{channel:VOLT {value}"), HasSubstr("stands here"));
    EXPECT_THAT(refused("SOUR{channel"), HasSubstr("has a { without its }"));
    EXPECT_THAT(refused("SOURchannel}:VOLT {value}"), HasSubstr("has a } without its {"));
    EXPECT_THAT(refused("SOUR{channel}:VOLT {value:4d}"), HasSubstr("\"{value:4d}\""));
    EXPECT_THAT(refused("SOUR{channel}:VOLT {value:.3f}"),
                HasSubstr("3 decimals cannot say steps of 1e-04"));
    EXPECT_THAT(refused("none"), AllOf(StartsWith("bench.yaml:10: "),
                                       HasSubstr("the command \"set_voltage\" is missing")));
    EXPECT_THAT(refused("MEAS{channel}:VOLT", {Kind::query, {Hole::channel}}),
                HasSubstr("is no query; expected one with a question mark"));
    EXPECT_TRUE(take("none", {}).empty());
}

TEST(CommandTemplate, JoinsCommandsFromTheRootOfTheTree) {
    EXPECT_EQ(in_one_message({"SOUR1:VOLT 1", ":SOUR2:VOLT 2", "*OPC", "OUTP1 1"}),
              ":SOUR1:VOLT 1;:SOUR2:VOLT 2;*OPC;:OUTP1 1");
}

TEST(Profile, GivesWhatTheBenchFileDoesNotSay) {
    InstrumentSpec spec = spec_of("supply", "scpi_power_supply",
                                  {{"profile", "keysight_n6700"}, {"output_on", "OUTP 1"}});
    apply_profile(spec, "scpi_power_supply");
    EXPECT_EQ(spec.word("set_voltage", ""), "VOLT {value},(@{channel})");
    EXPECT_EQ(spec.word("output_on", ""), "OUTP 1");
    EXPECT_EQ(std::ranges::count(spec.options, "output_on", &DriverOption::key), 1);
}

TEST(Profile, RefusesOneThatIsNotThereOrForAnotherDriver) {
    const auto refusal = [](const std::string& driver, const std::string& profile) {
        InstrumentSpec spec = spec_of("it", driver, {{"profile", profile}});
        return text_of<InputError>([&] { apply_profile(spec, "scpi_power_supply"); });
    };
    EXPECT_THAT(refusal("scpi_power_supply", "keysight_n6701"),
                AllOf(StartsWith("bench.yaml:11: "), HasSubstr("did you mean \"keysight_n6700\"")));
    EXPECT_THAT(refusal("scpi_meter", "keysight_n6700"),
                HasSubstr("the profile is for the driver scpi_power_supply"));
}

TEST(Profile, NamesTheFileAndLineOfWhatIsWrongInOnesOwn) {
    const TestFolder folder;
    folder.write("mine.yaml",
                 "format: 1\n"
                 "driver: scpi_power_supply\n"
                 "source: its manual\n"
                 "options:\n"
                 "  set_voltage: \"VOLT {volt}\"\n");
    InstrumentSpec spec = spec_of("it", "scpi_power_supply", {{"profile", "mine.yaml"}});
    spec.file = (folder.path() / "bench.yaml").string();
    apply_profile(spec, "scpi_power_supply");
    EXPECT_THAT(
        text_of<InputError>([&] { CommandTemplate::take(spec, "set_voltage", set); }),
        StartsWith((folder.path() / "mine.yaml").string() + ":5: instruments.it.set_voltage: "));
}

TEST(Profile, EveryOneThatComesAlongNamesItsSource) {
    EXPECT_GE(built_in_profiles().size(), 12U);
    for (const BuiltInProfile& profile : built_in_profiles()) {
        EXPECT_THAT(std::string(profile.text), HasSubstr("\nsource: ")) << profile.name;
    }
}

TEST(SourceRanges, HoldsAVoltageInTheSmallest) {
    InstrumentSpec spec =
        spec_of("it", "scpi_shunt_injector", {{"ranges", "20 mV / 0.5 uV, 200 mV"}});
    const auto ranges = take_source_ranges(spec, {Unit::volt, -0.2, 0.2, 5e-6, 1e-4});
    EXPECT_EQ(range_holding(ranges, -0.02).end, 0.02);
    EXPECT_EQ(range_holding(ranges, 0.0200001).end, 0.2);
    EXPECT_EQ(ranges[0].round(0.0123456), 0.0123455);
    EXPECT_EQ(ranges[1].round(0.0123456), 0.012345);
    EXPECT_EQ(ranges[1].towards_zero(-0.0123499), -0.012345);
    // 0.3 V are 0.29999999999999999 V: the step they stand on is not left for a rounding error.
    EXPECT_EQ((SourceRange{1, 0.1}).towards_zero(0.3), 0.3);
}

TEST(SourceRanges, RefusesWhatDoesNotFit) {
    const auto refusal = [](const std::string& text) {
        InstrumentSpec spec = spec_of("it", "scpi_shunt_injector", {{"ranges", text}});
        return text_of<InputError>(
            [&] { take_source_ranges(spec, {Unit::volt, -0.2, 0.2, 5e-6, 1e-4}); });
    };
    EXPECT_THAT(refusal("200 mV, 20 mV"), HasSubstr("does not grow"));
    EXPECT_THAT(refusal("20 mV, 100 mV"), HasSubstr("the last range goes to 0.1 V"));
    EXPECT_THAT(refusal("20 mV / 1 A, 200 mV"), HasSubstr("is no range"));
}

}  // namespace
}  // namespace bmsrig::scpi
