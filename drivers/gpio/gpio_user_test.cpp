#include "drivers/gpio/gpio_user.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "drivers/gpio/testing/scripted_gpio.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class GpioUserTest : public testing::Test {
  protected:
    static InstrumentSpec spec(const std::string& chip, const std::string& lines = "") {
        return spec_of("lines", "gpio_line_bank", {{"chip", chip}, {"lines", lines}});
    }
    std::vector<unsigned> find(const std::string& lines) {
        InstrumentSpec said = spec("scripted", lines);
        return GpioUser(said, gpio_).find(said, "lines", lines_of(said, "lines"));
    }
    std::string refusal(const std::string& lines) {
        return text_of<InputError>([&] { find(lines); });
    }
    /// What a technician reads when a line cannot be requested.
    std::string in_the_way(int error) {
        InstrumentSpec said = spec("scripted");
        GpioUser user(said, gpio_);
        gpio_.fail("input", error);
        return text_of<InstrumentError>([&] { user.input(3, {}); });
    }

    ScriptedGpio gpio_;
};

TEST_F(GpioUserTest, FindsAChipByPathNameAndLabel) {
    for (const std::string chip : {"/dev/gpiochip0", "gpiochip0", "scripted"}) {
        InstrumentSpec said = spec(chip);
        EXPECT_EQ(GpioUser(said, gpio_).path(), "/dev/gpiochip0");
    }
}

TEST_F(GpioUserTest, AMissingChipNamesThoseThereAre) {
    InstrumentSpec gone = spec("gpiochip7");
    InstrumentSpec none = spec("");
    // The first may be plugged in again; the second, the bench file's own mistake, may not.
    const std::string not_there = text_of<InstrumentError>([&] { GpioUser(gone, gpio_); });
    const std::string not_said = text_of<InputError>([&] { GpioUser(none, gpio_); });
    EXPECT_THAT(not_there, StartsWith("bench.yaml:11: instruments.lines.chip: \"gpiochip7\""));
    EXPECT_THAT(not_said, StartsWith("bench.yaml:11: instruments.lines.chip: \"\""));
    for (const std::string& text : {not_there, not_said}) {
        EXPECT_THAT(text, HasSubstr("this machine has /dev/gpiochip0 (scripted, 8 lines)"));
    }
}

// Two USB adapters of one make.
TEST_F(GpioUserTest, ALabelThatSeveralChipsHaveIsRefused) {
    gpio_.chips.emplace_back("/dev/gpiochip1");
    InstrumentSpec by_label = spec("scripted");
    const std::string text = text_of<InputError>([&] { GpioUser(by_label, gpio_); });
    EXPECT_THAT(text, HasSubstr("several have this label"));
    EXPECT_THAT(text, HasSubstr("/dev/gpiochip0 (scripted, 8 lines), /dev/gpiochip1 (scripted"));
    InstrumentSpec by_name = spec("gpiochip1");
    EXPECT_EQ(GpioUser(by_name, gpio_).path(), "/dev/gpiochip1");
}

TEST_F(GpioUserTest, AChipThatMayNotBeOpenedTellsOfGroupAndRule) {
    gpio_.fail("open", EACCES);
    InstrumentSpec said = spec("gpiochip0");
    const std::string text = text_of<InstrumentError>([&] { GpioUser(said, gpio_); });
    EXPECT_THAT(text, HasSubstr("instrument \"lines\": /dev/gpiochip0 could not be opened"));
    EXPECT_THAT(text, HasSubstr("usermod -aG gpio"));
    EXPECT_THAT(text, HasSubstr("udev"));
}

TEST_F(GpioUserTest, FindsLinesByNameAndByOffset) {
    EXPECT_THAT(find("LINE_6 0 LINE_1"), ElementsAre(6U, 0U, 1U));
    gpio_.line(4).info.name = "7";
    EXPECT_THAT(find("7"), ElementsAre(4U));
}

TEST_F(GpioUserTest, AMissingLineNamesTheNearest) {
    gpio_.line(3).info.name = "RELAY";
    const std::string text = refusal("LINE_1 RELAIS");
    EXPECT_THAT(text, StartsWith("bench.yaml:12: instruments.lines.lines: \"LINE_1 RELAIS\""));
    EXPECT_THAT(text, HasSubstr("no line RELAIS"));
    EXPECT_THAT(text, HasSubstr("did you mean \"RELAY\"?"));
    EXPECT_THAT(refusal("8"), HasSubstr("offsets 0 to 7"));
}

TEST_F(GpioUserTest, ALineStandsOnlyOnce) {
    EXPECT_THAT(refusal("LINE_1 LINE_1"), HasSubstr("LINE_1 stands there twice"));
    EXPECT_THAT(refusal("LINE_1 1"), HasSubstr("1 is one of the others"));
    EXPECT_THAT(refusal(""), HasSubstr("1 to 64 lines"));
}

TEST_F(GpioUserTest, ABusyLineNamesItsConsumer) {
    gpio_.line(3).info.consumer = "gpiomon";
    const std::string text = in_the_way(EBUSY);
    EXPECT_THAT(text, StartsWith("instrument \"lines\": line 3 (LINE_3) of /dev/gpiochip0"));
    EXPECT_THAT(text, HasSubstr("\"gpiomon\" holds it"));
    EXPECT_THAT(text, HasSubstr("hog"));
}

TEST_F(GpioUserTest, ABusyLineWithoutAConsumerOrWithAnInterruptSaysSo) {
    EXPECT_THAT(in_the_way(EBUSY), HasSubstr("somebody who gives no name holds it"));
    gpio_.line(3).info.consumer = "interrupt";
    EXPECT_THAT(in_the_way(EBUSY), HasSubstr("a driver of the kernel uses it as an interrupt"));
}

TEST_F(GpioUserTest, OtherObstaclesSayWhatToDo) {
    EXPECT_THAT(in_the_way(EPERM), HasSubstr("group"));
    EXPECT_THAT(in_the_way(ENODEV), HasSubstr("the chip has gone"));
    EXPECT_THAT(in_the_way(ENOTSUP), HasSubstr("cannot do this"));
    EXPECT_THAT(in_the_way(EIO), HasSubstr("dmesg"));
}

TEST_F(GpioUserTest, ListsOfLinesThatAreNotLinesAreRefused) {
    InstrumentSpec said = spec_of("lines", "gpio_line_bank", {{"active_low", "LINE_9"}});
    const std::string text =
        text_of<InputError>([&] { which_of(said, "active_low", {"LINE_1", "LINE_2"}); });
    EXPECT_THAT(text, HasSubstr("bench.yaml:11: instruments.lines.active_low: \"LINE_9\""));
    EXPECT_THAT(text, HasSubstr("did you mean \"LINE_1\"?"));
}

}  // namespace
}  // namespace bmsrig
