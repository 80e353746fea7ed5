#include "rig/link/line_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rig/link/breach.h"

namespace bmsrig::link {
namespace {

using testing::HasSubstr;

Greeting read(const std::vector<std::string>& lines) {
    GreetingReader reader;
    for (const std::string& line : lines) {
        EXPECT_EQ(reader.take(line), line == "ready") << line;
    }
    return reader.greeting();
}

std::string refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const Breach& breach) {
        EXPECT_FALSE(breach.what.empty());
        return breach.what;
    }
    return "accepted";
}

TEST(GreetingReader, TakesEveryKindOfLine) {
    const Greeting greeting = read(
        {"bmslink 1 victron.smallbms 1.08", "in cell.1 V", "out load stage", "bus can can 250000",
         "in shunt A", "in temp.1 degC", "in r ohm", "in remote bool", "out pilot ratio",
         "out relay contact", "out led level", "out gx_pow V", "bus rs485 serial 56000", "ready"});
    EXPECT_EQ(greeting.product, "victron.smallbms");
    EXPECT_EQ(greeting.firmware, "1.08");
    ASSERT_EQ(greeting.ports.size(), 10U);
    EXPECT_EQ(greeting.ports[0], (Port{"cell.1", PortDirection::input, PortKind::volt}));
    EXPECT_EQ(greeting.ports[1], (Port{"load", PortDirection::output, PortKind::stage}));
    EXPECT_EQ(greeting.ports[6], (Port{"pilot", PortDirection::output, PortKind::ratio}));
    EXPECT_EQ(greeting.ports[9], (Port{"gx_pow", PortDirection::output, PortKind::volt}));
    ASSERT_EQ(greeting.buses.size(), 2U);
    EXPECT_EQ(greeting.buses[0], (Bus{"can", true, 250'000}));
    EXPECT_EQ(greeting.buses[1], (Bus{"rs485", false, 56'000}));
}

TEST(GreetingReader, RefusesAWrongFirstLine) {
    for (const char* line :
         {"", "hello", "ready", "in a V", "bmslink 1 a", "bmslink 1 a b c", "bmslink 1  b",
          "bmslink 2 a b", "bmslink 01 a b", "Bmslink 1 a b", "bmslink 1 a b\r"}) {
        GreetingReader reader;
        EXPECT_THROW(reader.take(line), Breach) << line;
    }
    GreetingReader reader;
    EXPECT_THAT(refusal([&] { reader.take("bmslink 2 a b"); }), HasSubstr("version \"2\""));
}

TEST(GreetingReader, RefusesAWrongPort) {
    for (const char* line : {"",
                             " ",
                             "hello",
                             "in a",
                             "in a V ",
                             "in  V",
                             "in A V",
                             "in a v",
                             "in a stage",
                             "in a ratio",
                             "in a contact",
                             "out a",
                             "out a V b",
                             "out a lamp",
                             "out in-a V",
                             "bus can can",
                             "bus can lin 1",
                             "bus can can 0",
                             "bus can can -1",
                             "bus can can 5000000000",
                             "bus can can 1.5",
                             "bus can serial x",
                             "in known V",
                             "out known stage",
                             "bus known can 1",
                             "ready ",
                             "bmslink 1 a b"}) {
        GreetingReader reader;
        reader.take("bmslink 1 a b");
        reader.take("in known V");
        EXPECT_THROW(reader.take(line), Breach) << line;
    }
}

TEST(Payload, NotationOfCan) {
    const Bus can{"can", true, 1};
    for (const char* text :
         {"000#", "7FF#00", "1f3#00FF", "1FFFFFFF#0011223344556677", "123#R", "00000000#R"}) {
        EXPECT_TRUE(is_payload(can, text)) << text;
    }
    for (const char* text :
         {"", "#", "12#00", "1234#00", "800#00", "20000000#00", "123", "123#0", "123#0g", "123#ff",
          "123#001122334455667788", "123#r", "123##0", "123#R0", "xyz#00"}) {
        EXPECT_FALSE(is_payload(can, text)) << text;
    }
}

TEST(Payload, NotationOfSerial) {
    const Bus serial{"rs485", false, 1};
    EXPECT_TRUE(is_payload(serial, "0A0B"));
    for (const char* text : {"", "0", "0a", "0A0", "1F3#00"})
        EXPECT_FALSE(is_payload(serial, text)) << text;
}

class LineCodecTest : public testing::Test {
  protected:
    LineCodecTest()
        : greeting_(read({"bmslink 1 a b", "in volt V", "out stage stage", "out contact contact",
                          "out level level", "out number A", "in bool bool", "bus can can 1",
                          "bus rs485 serial 1"})),
          codec_(greeting_) {}
    Greeting greeting_;
    LineCodec codec_;
};

TEST_F(LineCodecTest, WritesACall) {
    const std::vector<PortValue> inputs{{0, 2.8}, {5, 1}};
    const std::vector<Payload> payloads{{0, "1F3#00FF"}, {1, "0A0B"}};
    std::string line;
    codec_.write_call(line, {instant_from_ns(1'500'000'000), inputs, payloads});
    EXPECT_EQ(line, "at 1500000000 volt=2.8 bool=1 can:1F3#00FF rs485:0A0B");
    codec_.write_call(line, {instant_from_ns(0), {}, {}});
    EXPECT_EQ(line, "at 0");
}

TEST_F(LineCodecTest, WritesNotConnectedWithoutASign) {
    const std::vector<PortValue> inputs{{0, -std::nan("")}};
    std::string line;
    codec_.write_call(line, {instant_from_ns(0), inputs, {}});
    EXPECT_EQ(line, "at 0 volt=nan");
}

TEST_F(LineCodecTest, ReadsAnAnswerAndWritesItAgain) {
    for (const char* text : {"next -", "next 12 stage=float contact=open level=0 number=nan",
                             "next 9223372036854775807 number=-1e-06 stage=high stage=low "
                             "contact=closed level=1 can:1F3# can:1ABCDEF0#R rs485:FF"}) {
        Answer answer;
        codec_.read_answer(text, answer);
        std::string line;
        codec_.write_answer(line, answer);
        EXPECT_EQ(line, text);
    }
}

TEST_F(LineCodecTest, GivesValuesTheCodesOfTheTrace) {
    Answer answer;
    codec_.read_answer("next - stage=float contact=closed stage=high", answer);
    EXPECT_FALSE(answer.next.has_value());
    ASSERT_EQ(answer.outputs.size(), 3U);
    EXPECT_EQ(answer.outputs[0].port, 1U);
    EXPECT_EQ(answer.outputs[0].value, 2);
    EXPECT_EQ(answer.outputs[1].value, 1);
    EXPECT_EQ(answer.outputs[2].value, 1);
}

TEST_F(LineCodecTest, RefusesAWrongAnswer) {
    for (const char* text : {"",
                             "next",
                             "next ",
                             "nxt -",
                             "next x",
                             "next -1",
                             "next 1.5",
                             "next 9223372036854775808",
                             "next - ",
                             "next -  stage=low",
                             "next - stage",
                             "next - stage=",
                             "next - stage=1",
                             "next - stage=LOW",
                             "next - contact=1",
                             "next - level=2",
                             "next - level=nan",
                             "next - number=inf",
                             "next - number=.5",
                             "next - number=5.",
                             "next - number=1e999",
                             "next - number=1x",
                             "next - number=-",
                             "next - other=1",
                             "next - volt=1",
                             "next - lin:00",
                             "next - can:1F3#00 stage=low",
                             "next -\tstage=low",
                             "at 0",
                             "next 5\r"}) {
        Answer answer;
        EXPECT_THROW(codec_.read_answer(text, answer), Breach) << text;
    }
}

TEST_F(LineCodecTest, AnErrorCarriesItsText) {
    Answer answer;
    EXPECT_THAT(refusal([&] { codec_.read_answer("error flash is broken", answer); }),
                HasSubstr("flash is broken"));
}

TEST_F(LineCodecTest, ReadsACallForAReplay) {
    std::vector<PortValue> inputs;
    std::vector<Payload> payloads;
    EXPECT_EQ(codec_.read_call("at 7 bool=0 volt=nan can:123#", inputs, payloads),
              instant_from_ns(7));
    ASSERT_EQ(inputs.size(), 2U);
    EXPECT_EQ(inputs[0].port, 5U);
    EXPECT_TRUE(std::isnan(inputs[1].value));
    EXPECT_EQ(payloads.at(0).text, "123#");
    for (const char* text : {"", "at", "at ", "at x", "stop", "at 1 stage=low", "at 1 bool=2"}) {
        EXPECT_THROW(codec_.read_call(text, inputs, payloads), Breach) << text;
    }
}

TEST(Quote, ShowsWhatCannotBePrinted) {
    EXPECT_EQ(quote("a\tb\x80"), R"("a\x09b\x80")");
    EXPECT_EQ(quote(std::string(201, 'x')),
              "\"" + std::string(200, 'x') + "\"... (201 characters)");
}

}  // namespace
}  // namespace bmsrig::link
