#include "drivers/rs485/unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/rs485/fake_registers.h"
#include "drivers/rs485/golden.h"

namespace bmsrig::rs485 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Answers = std::vector<std::vector<Byte>>;

struct UnitTest : testing::Test {
    Answers ask(std::span<const Byte> bytes) {
        Answers answers;
        now += 1s;
        unit.received(bytes, now, [&](std::span<const Byte> frame) {
            answers.emplace_back(frame.begin(), frame.end());
        });
        return answers;
    }
    Answers ask(const std::string& text, Byte destination = 1) {
        return ask(encode({destination, 0, payload_of(text)}).bytes());
    }
    /// The only frame's payload.
    std::string say(const std::string& text) {
        const Answers answers = ask(text);
        if (answers.size() != 1) return "(" + std::to_string(answers.size()) + " frames)";
        return std::string(text_of(answers.front())).substr(4, answers.front().size() - 7);
    }

    FakeRegisters registers{rec_2q()};
    Time now{0};
    Unit unit{rec_2q(), {}, registers};
};

TEST_F(UnitTest, AnswersAScalarInOneFrame) {
    EXPECT_THAT(ask(golden("CMAX?")), ElementsAre(golden("3.8500e0")));
    EXPECT_THAT(ask(golden("*IDN?")), ElementsAre(golden("REC-BMS 2Q")));
    registers.numbers["IOFF"_name] = -123.51;
    EXPECT_EQ(say("IOFF?"), "-1.2351e2");  // the manual's example
    EXPECT_EQ(say("IOJA?"), "1.9531e-2");
    EXPECT_EQ(say("CHEM?"), "3");
    registers.numbers["WHIN"_name] = 4'000'000'000;
    EXPECT_EQ(say("WHIN?"), "4000000000");
    EXPECT_EQ(say("TIME?"), "12:34:56");
}

TEST_F(UnitTest, AnswersAnArrayInTwoFrames) {
    EXPECT_THAT(ask(golden("LCD1?")),
                ElementsAre(golden("28"), golden("LCD1 data 3.3;3.35;-12.5;25;53.2;0.71;0.98")));
    EXPECT_THAT(
        ask(golden("LCD3?")),
        ElementsAre(
            golden("8"),
            golden("LCD3 data minBMS1 cell5 maxBMS1 cell12 maxTempBMS1 sensor2 Ah=280 (BE)")));
    EXPECT_THAT(ask(golden("ERRO?")),
                ElementsAre(golden("4"), golden("ERRO present; BMS1; error2; cell5")));
    EXPECT_THAT(ask(golden("PTEM?")), ElementsAre(golden("1"), golden("PTEM data 2 sensors")));
    EXPECT_THAT(ask(golden("BTEM?")), ElementsAre(golden("1"), golden("BTEM data")));
    registers.arrays["CELL"_name] = {{3.3F, 3.36F, 3.32F, 3.33F}};
    EXPECT_EQ(ask(golden("CELL?")).at(1).size(), 23U);
}

TEST_F(UnitTest, AnswersAFrameForEachBmsUnit) {
    const Answers answers = ask("RINT?");
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0][4], '2');
    EXPECT_EQ(answers[1].size(), 15U);
    EXPECT_EQ(answers[2].size(), 11U);
    registers.arrays["LCD1"_name].clear();
    EXPECT_EQ(say("LCD1?"), "0");
}

TEST_F(UnitTest, TakesASettingInItsRange) {
    EXPECT_THAT(ask(golden("CMIN 2.800")), ElementsAre(golden("OK")));
    EXPECT_EQ(say("CMAX 2"), "OK");
    EXPECT_EQ(registers.numbers["CMAX"_name], 2.0);
    EXPECT_EQ(say("CMAX 4.25"), "OK");
    EXPECT_EQ(registers.numbers["CMAX"_name], 4.25);
    EXPECT_EQ(say("TMIN -10.000"), "OK");
    EXPECT_EQ(say("CANS 130"), "OK");
    EXPECT_EQ(registers.numbers["CANS"_name], 130);
}

TEST_F(UnitTest, RefusesEverythingElseAndKeepsTheOldValue) {
    const std::map<Name, double> before = registers.numbers;
    EXPECT_THAT(ask("CMAX 4.26"), ElementsAre(golden("NOT OK")));
    for (const std::string text :
         {"CMAX 1.99", "CMAX nan", "CMAX inf", "CMAX 1e99", "CMAX high", "CMAX ",
          "CMAX  ",    "CMAX3.5",  "CMAX=3.5", "CMAX??",    "CHEM 1.5",  "CHEM 8",
          "CANS 5",    "CANS 127", "WHIN 5",   "LCD1 1",    "TIME 1",    "WHRE?",
          "WHRE 2",    "WHRE x",   "ABCD?",    "ABCD 1",    "cmax?",     "\x01\x02\x03\x04\x05"})
        EXPECT_EQ(say(text), "NOT OK") << text;
    EXPECT_EQ(registers.numbers, before);
    EXPECT_THAT(registers.commands, IsEmpty());
}

TEST_F(UnitTest, RefusesWhatItsBmsRefuses) {
    registers.refused = "CMAX"_name;
    EXPECT_EQ(say("CMAX 3.5"), "NOT OK");
    EXPECT_EQ(say("CMAX?"), "3.8500e0");
    registers.refused = "FUSE"_name;
    EXPECT_EQ(say("FUSE 1"), "NOT OK");
}

TEST_F(UnitTest, ObeysCommands) {
    EXPECT_THAT(ask(golden("WHRE 1")), ElementsAre(golden("Cleared energy counter")));
    EXPECT_THAT(ask(golden("ERRD 1")), ElementsAre(golden("DELETED_LOGS")));
    EXPECT_THAT(ask(golden("FUSE 1")), ElementsAre(golden("OK")));
    EXPECT_THAT(registers.commands,
                ElementsAre(Pair("WHRE"_name, 1), Pair("ERRD"_name, 1), Pair("FUSE"_name, 1)));
}

TEST_F(UnitTest, IsSilentUnlessItIsMeant) {
    EXPECT_THAT(ask("CMAX?", 2), IsEmpty());
    EXPECT_THAT(ask("CMAX?", 0), IsEmpty());
    EXPECT_THAT(ask("CMAX?", 255), IsEmpty());
    for (const std::string text : {"", "?", "CMA?", "CMAX"}) EXPECT_THAT(ask(text), IsEmpty());
    std::vector<Byte> damaged = golden("CMAX?");
    damaged[6] ^= 0x20U;
    EXPECT_THAT(ask(damaged), IsEmpty());
    EXPECT_EQ(unit.counts().bad_crcs, 1U);
    EXPECT_THAT(ask(golden("CMAX?")), ElementsAre(golden("3.8500e0")));
}

TEST_F(UnitTest, WithTheHostsAddressIsSilent) {
    Unit lost(rec_2q(), {.address = 0}, registers);
    int answers = 0;
    lost.received(encode({0, 1, payload_of("CMAX?")}).bytes(), now, [&](auto) { ++answers; });
    EXPECT_EQ(answers, 0);
}

TEST_F(UnitTest, AnswersWhoAsked) {
    const Answers answers = ask(encode({1, 16, payload_of("CMAX?")}).bytes());
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0][1], 16);
    EXPECT_EQ(answers[0][2], 1);
}

TEST_F(UnitTest, IgnoresAResetUnlessArmed) {
    EXPECT_THAT(ask("RESE?"), IsEmpty());
    EXPECT_THAT(ask("RESE 1"), IsEmpty());
    EXPECT_THAT(registers.commands, IsEmpty());
    Unit armed(rec_2q(), {.armed = true}, registers);
    int answers = 0;
    armed.received(encode({1, 0, payload_of("RESE?")}).bytes(), now, [&](auto) { ++answers; });
    EXPECT_EQ(answers, 0);
    EXPECT_THAT(registers.commands, ElementsAre(Pair("RESE"_name, 1)));
}

TEST_F(UnitTest, AnswersAQueryThatNoiseHidesAsSoonAsTheNoiseIsTooOld) {
    std::vector<Byte> bytes{0x55, 1, 0, 0x40};
    const std::vector<Byte> query = golden("CMAX?");
    bytes.insert(bytes.end(), query.begin(), query.end());
    EXPECT_THAT(ask(bytes), IsEmpty());
    ASSERT_TRUE(unit.due());
    EXPECT_EQ(*unit.due(), now + 20ms);
    Answers answers;
    unit.expire(*unit.due(), [&](std::span<const Byte> frame) {
        answers.emplace_back(frame.begin(), frame.end());
    });
    EXPECT_THAT(answers, ElementsAre(golden("3.8500e0")));
    EXPECT_EQ(unit.due(), std::nullopt);
}

TEST_F(UnitTest, CutsATextThatNoFrameHolds) {
    registers.texts["SWVR"_name] = std::string(300, 'v');
    EXPECT_EQ(say("SWVR?"), std::string(255, 'v'));
}

TEST_F(UnitTest, MaySendTheLowByteOfItsCrcFirst) {
    Unit flawed(rec_2q(), {.flaws = {.crc_low_byte_first = true}}, registers);
    std::vector<Byte> expected = golden("3.8500e0");
    std::swap(expected[expected.size() - 3], expected[expected.size() - 2]);
    Answers answers;
    flawed.received(golden("CMAX?"), now, [&](std::span<const Byte> frame) {
        answers.emplace_back(frame.begin(), frame.end());
    });
    EXPECT_THAT(answers, ElementsAre(expected));
}

TEST_F(UnitTest, MayTakeWhatItRefuses) {
    Unit flawed(rec_2q(), {.flaws = {.takes_refused_values = true}}, registers);
    Answers answers;
    flawed.received(
        encode({1, 0, payload_of("CMAX 9.00")}).bytes(), now,
        [&](std::span<const Byte> frame) { answers.emplace_back(frame.begin(), frame.end()); });
    EXPECT_THAT(answers, ElementsAre(golden("NOT OK")));
    EXPECT_EQ(registers.numbers["CMAX"_name], 9.0);
}

}  // namespace
}  // namespace bmsrig::rs485
