#include "drivers/instrument_server/scpi_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/instrument_server/scpi_failure.h"
#include "rig/random_source.h"

namespace bmsrig::scpi_server {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

std::vector<Command> commands_of(std::string_view text) {
    Message message(text);
    std::vector<Command> commands;
    while (auto command = message.next()) commands.push_back(*command);
    return commands;
}

int failure_of(std::string_view text) {
    try {
        commands_of(text);
    } catch (const Failure& failure) {
        return failure.code().number;
    }
    return 0;
}

TEST(ScpiMessage, HeadersOfAMessageFollowThePathOfTheOneBefore) {
    // SCPI-99 volume 1, 6.2.4: a header begins where the one before ended, or at the root after a
    // colon; common commands change nothing of it.
    const auto commands = commands_of("SOUR1:VOLT 3.3;*OPC?;CURR:SRC 1;SNK 2;:OUTP1 ON");
    ASSERT_EQ(commands.size(), 5);
    EXPECT_THAT(commands[0].header, ElementsAre("SOUR1", "VOLT"));
    EXPECT_THAT(commands[1].header, ElementsAre("*OPC"));
    EXPECT_TRUE(commands[1].is_query);
    EXPECT_THAT(commands[2].header, ElementsAre("SOUR1", "CURR", "SRC"));
    EXPECT_THAT(commands[3].header, ElementsAre("SOUR1", "CURR", "SNK"));
    EXPECT_THAT(commands[4].header, ElementsAre("OUTP1"));
}

TEST(ScpiMessage, ParametersAreNumbersWordsStringsAndChannels) {
    const auto commands =
        commands_of("a:b -1.5e-3 mv , Max,\"say \"\"it\"\"\",'x;y', #h1F,(@1:3,5, 8:7)");
    ASSERT_EQ(commands.size(), 1);
    const auto& parameters = commands[0].parameters;
    ASSERT_EQ(parameters.size(), 6);
    EXPECT_EQ(parameters[0].kind, Parameter::Kind::number);
    EXPECT_THAT(parameters[0].number, DoubleEq(-1.5e-3));
    EXPECT_EQ(parameters[0].text, "MV");
    EXPECT_EQ(parameters[1].kind, Parameter::Kind::word);
    EXPECT_EQ(parameters[1].text, "MAX");
    EXPECT_EQ(parameters[2].text, "say \"it\"");
    EXPECT_EQ(parameters[3].text, "x;y");
    EXPECT_THAT(parameters[4].number, DoubleEq(31));
    EXPECT_EQ(parameters[5].kind, Parameter::Kind::channels);
    EXPECT_THAT(parameters[5].channels, ElementsAre(1, 2, 3, 5, 8, 7));
}

TEST(ScpiMessage, EmptyCommandsAreNone) {
    EXPECT_EQ(commands_of("").size(), 0);
    EXPECT_EQ(commands_of(" ; ;; ").size(), 0);
    EXPECT_EQ(commands_of(";*RST;").size(), 1);
}

TEST(ScpiMessage, WhatIsNoCommandHasTheStandardsNumber) {
    EXPECT_EQ(failure_of("VOLT?3"), -103);
    EXPECT_EQ(failure_of("VOLT 3 4"), -103);
    EXPECT_EQ(failure_of("VOLT 3,"), -109);
    EXPECT_EQ(failure_of("3"), -102);
    EXPECT_EQ(failure_of(":"), -102);
    EXPECT_EQ(failure_of("SOUR:"), -102);
    EXPECT_EQ(failure_of("ABCDEFGHIJKLM"), -112);
    EXPECT_EQ(failure_of("VOLT --3"), -120);
    EXPECT_EQ(failure_of("VOLT 1e999"), -120);
    EXPECT_EQ(failure_of("VOLT -inf"), -120);
    EXPECT_EQ(failure_of("VOLT #H"), -120);
    EXPECT_EQ(failure_of("VOLT #15hello"), -161);
    EXPECT_EQ(failure_of("VOLT \"open"), -151);
    EXPECT_EQ(failure_of("VOLT (1:3)"), -171);
    EXPECT_EQ(failure_of("VOLT (@1:3"), -171);
    EXPECT_EQ(failure_of("VOLT (@-1)"), -171);
    EXPECT_EQ(failure_of("VOLT (@1:99999999)"), -223);
    EXPECT_EQ(failure_of("VO\x80LT"), -101);
    EXPECT_EQ(failure_of("SETUP&"), -101);  // the standard's own example
    EXPECT_EQ(failure_of("!"), -101);
    EXPECT_EQ(failure_of("\xFF"), -101);
}

/// Any bytes are commands or a failure: no crash, and the reader comes to an end.
TEST(ScpiMessage, StandsAnyBytes) {
    constexpr std::string_view likely = "SOURVOLT:;,?*(@12) \"'#H.-+eE\n\r\t[]9876MVUON\x80\xFF";
    RandomSource random(1, "scpi", 1, "any bytes");
    const auto draw = [&](std::size_t below) {
        const double part = (random.symmetric() + 1) / 2;
        return std::min(static_cast<std::size_t>(part * static_cast<double>(below)), below - 1);
    };
    int refused = 0;
    constexpr int rounds = 20000;
    for (int round = 0; round < rounds; ++round) {
        std::string text;
        for (std::size_t left = draw(40); left > 0; --left) text += likely[draw(likely.size())];
        Message message(text);
        std::size_t commands = 0;
        try {
            while (message.next()) ASSERT_LE(++commands, text.size()) << text;
        } catch (const Failure& failure) {
            ++refused;
            EXPECT_LT(failure.code().number, -100);
        }
    }
    EXPECT_GT(refused, rounds / 2);
    EXPECT_LT(refused, rounds);
}

}  // namespace
}  // namespace bmsrig::scpi_server
