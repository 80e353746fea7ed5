#include "rig/link/transcript.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig/error.h"
#include "rig/link/replay.h"
#include "rig/test_folder.h"

namespace bmsrig::link {
namespace {

using testing::HasSubstr;

std::string refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Transcript, ReadsHeadersAndLines) {
    const Transcript transcript = Transcript::parse(
        "# bmsrig transcript 1\n# command ./bms --set a=1\n# note\n< ready\n> at 0\n! a log "
        "line\n! \n< next -\n",
        "file");
    EXPECT_EQ(transcript.header("command"), "./bms --set a=1");
    EXPECT_EQ(transcript.header("note"), "");
    EXPECT_EQ(transcript.header("missing"), "");
    ASSERT_EQ(transcript.lines().size(), 5U);
    EXPECT_EQ(transcript.lines()[0], (TranscriptLine{'<', "ready", 4}));
    EXPECT_EQ(transcript.lines()[2], (TranscriptLine{'!', "a log line", 6}));
    EXPECT_EQ(transcript.lines()[3], (TranscriptLine{'!', "", 7}));
}

TEST(Transcript, RefusesOtherFilesWithNameAndLine) {
    for (const char* text :
         {"hello\n", "> at 0\n# late header\n", ">at 0\n", "\n", "> at 0\n? x\n"}) {
        EXPECT_THAT(refusal([&] { Transcript::parse(text, "run.txt"); }), HasSubstr("run.txt:"))
            << text;
    }
    EXPECT_THAT(refusal([] { Transcript::parse("> at 0\nx\n", "run.txt"); }),
                testing::StartsWith("run.txt:2: \"x\""));
    EXPECT_THAT(refusal([] { Transcript::parse("> at 0\n< next", "run.txt"); }),
                HasSubstr("run.txt:2: the last line has no line feed"));
    EXPECT_THAT(refusal([] { Transcript::read("/no/such/file"); }), HasSubstr("/no/such/file"));
}

class TranscriptFile : public testing::Test {
  protected:
    /// Runs the echo controller for some calls and keeps the transcript.
    Transcript record(const std::string& program) {
        TranscriptWriter writer(file_, {{"command", program}});
        {
            const auto link = Link::start({.line = program, .settings = {}}, writer.sink());
            Answer answer;
            link->exchange(Instant{},
                           std::vector<PortValue>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}}, {},
                           answer);
            for (int i = 1; i < 100; ++i) {
                const std::vector<PortValue> inputs{{0, i * 0.01}, {4, static_cast<double>(i % 2)}};
                const std::vector<Payload> payloads{{0, "1F3#00FF"}};
                link->exchange(instant_from_ns(i * std::int64_t{10'000}), inputs, payloads, answer);
            }
            link->stop();
        }
        return read_back(writer);
    }
    Transcript read_back(TranscriptWriter& writer) {
        writer.close();
        return Transcript::read(file_);
    }

    /// The transcript with one line's text replaced.
    static Transcript changed(const Transcript& transcript, int number, const std::string& text) {
        std::string file;
        for (const auto& [name, value] : transcript.headers())
            file += "# " + name + " " + value + "\n";
        for (const TranscriptLine& line : transcript.lines()) {
            file += std::string{line.who, ' '} + (line.number == number ? text : line.text) + "\n";
        }
        return Transcript::parse(file, "changed");
    }

    TestFolder folder_;
    std::filesystem::path file_ = folder_.path() / "run.transcript";
};

TEST_F(TranscriptFile, WhatIsWrittenIsReadBack) {
    TranscriptWriter writer(file_, {{"command", "./bms 'a\nb'"}});
    writer.add('>', "at 0");
    writer.add('!', "two\nlines");
    const Transcript transcript = read_back(writer);
    EXPECT_EQ(transcript.header("command"), "./bms 'a?b'");
    ASSERT_EQ(transcript.lines().size(), 2U);
    EXPECT_EQ(transcript.lines()[0], (TranscriptLine{'>', "at 0", 2}));
    EXPECT_EQ(transcript.lines()[1], (TranscriptLine{'!', "two?lines", 3}));
}

TEST_F(TranscriptFile, AFileThatCannotBeWrittenIsAnError) {
    EXPECT_THAT(refusal([&] { TranscriptWriter(folder_.path() / "none" / "file", {}); }),
                HasSubstr("cannot be written"));
    EXPECT_THAT(refusal([] {
                    TranscriptWriter writer("/dev/full", {});
                    for (int i = 0; i < 100'000; ++i) writer.add('>', "at 0");
                    writer.close();
                }),
                HasSubstr("/dev/full"));
}

TEST_F(TranscriptFile, AReplayOfTheSameControllerIsEqualOnBothCarriers) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    EXPECT_GT(transcript.lines().size(), 200U);
    EXPECT_FALSE(replay(transcript, {.line = ECHO_CONTROLLER, .settings = {}}).has_value());
    EXPECT_FALSE(replay(transcript, {.line = ECHO_CONTROLLER_SO, .settings = {}}).has_value());
}

TEST_F(TranscriptFile, AReplayNamesTheFirstDifferentLine) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    const TranscriptLine& answer = transcript.lines().at(100);
    ASSERT_EQ(answer.who, '<');
    const Transcript other = changed(transcript, answer.number, "next 77");
    const auto difference = replay(other, {.line = ECHO_CONTROLLER, .settings = {}});
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->line, answer.number);
    EXPECT_EQ(difference->expected, "next 77");
    EXPECT_EQ(difference->seen, answer.text);
    EXPECT_EQ(difference->describe(other), "changed:" + std::to_string(answer.number) +
                                               ": expected \"next 77\", seen \"" + answer.text +
                                               "\"");
}

TEST_F(TranscriptFile, AReplayComparesTheGreeting) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    const auto difference =
        replay(changed(transcript, 4, "in in.volt A"), {.line = ECHO_CONTROLLER, .settings = {}});
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->line, 4);
    EXPECT_EQ(difference->expected, "in in.volt A");
    EXPECT_EQ(difference->seen, "in in.volt V");
}

TEST_F(TranscriptFile, AReplayPrefersADifferenceToTheFailureThatFollows) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    // With this setting the first answer breaks the contract; it is a different line before that.
    const auto difference =
        replay(transcript, {.line = ECHO_CONTROLLER, .settings = {{"fail_at", "0.5"}}});
    ASSERT_TRUE(difference.has_value());
    EXPECT_THAT(difference->seen, HasSubstr("error 1 V is too much"));
}

TEST_F(TranscriptFile, AReplayOfAFailureEndsAlike) {
    const Transcript failed = Transcript::parse(
        "< bmslink 1 a b\n< in x V\n< ready\n> at 0 x=1\n< error too much\n", "failed");
    const Command command{
        .line =
            R"(sh -c 'echo "bmslink 1 a b\nin x V\nready"; read line; echo error too much; read line')",
        .settings = {}};
    EXPECT_FALSE(replay(failed, command).has_value());
    EXPECT_THROW(replay(failed, {.line = "/no/such/program", .settings = {}}), LinkError);
}

TEST_F(TranscriptFile, LinesMoreOrLessAreDifferences) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    std::string more;
    for (const TranscriptLine& line : transcript.lines())
        more += std::string{line.who, ' '} + line.text + "\n";
    const Command command{.line = ECHO_CONTROLLER, .settings = {}};
    auto difference = replay(Transcript::parse(more + "< next 5\n", "more"), command);
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->expected, "next 5");
    EXPECT_EQ(difference->seen, "");
    more = more.substr(0, more.find("> at 0"));
    difference =
        replay(Transcript::parse(
                   more + "> at 0 in.volt=1 in.ampere=0 in.celsius=0 in.ohm=0 in.bool=0\n", "less"),
               command);
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->expected, "");
    EXPECT_THAT(difference->seen, HasSubstr("next 1000000"));
    EXPECT_THAT(difference->describe(transcript), HasSubstr("expected nothing"));
}

TEST_F(TranscriptFile, AReplayRefusesALineThatIsNoCall) {
    const Transcript transcript = record(ECHO_CONTROLLER);
    const auto call = std::ranges::find(transcript.lines(), '>', &TranscriptLine::who);
    const std::string number = std::to_string(call->number);
    EXPECT_THAT(refusal([&] {
                    replay(changed(transcript, call->number, "hello"),
                           {.line = ECHO_CONTROLLER, .settings = {}});
                }),
                testing::StartsWith("changed:" + number + ": \"hello\""));
}

}  // namespace
}  // namespace bmsrig::link
