// What the session demands of the rig, above any carrier.
#include "rig/link/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "rig/error.h"

namespace bmsrig::link {
namespace {

using testing::HasSubstr;

std::vector<PortValue> rest() {
    return {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}};
}

class SessionTest : public testing::Test {
  protected:
    void SetUp() override {
        link_ = Link::start({.line = ECHO_CONTROLLER_SO, .settings = {{"period", "1000"}}});
    }

    void begin() { link_->exchange(Instant{}, rest(), {}, answer_); }

    /// The text of the LinkError that this call ends with.
    std::string refusal(std::int64_t now, const std::vector<PortValue>& inputs,
                        const std::vector<Payload>& payloads = {}) {
        try {
            link_->exchange(instant_from_ns(now), inputs, payloads, answer_);
        } catch (const LinkError& error) {
            return error.what();
        }
        return "accepted";
    }

    std::unique_ptr<Link> link_;
    Answer answer_;
};

TEST_F(SessionTest, TheFirstCallIsAtZero) {
    EXPECT_THAT(refusal(1, rest()), HasSubstr("was called first at another time"));
}

TEST_F(SessionTest, TheFirstCallNamesEveryInput) {
    EXPECT_THAT(refusal(0, {{0, 0}, {1, 0}}), HasSubstr("was called first with 2 inputs"));
}

TEST_F(SessionTest, TimeNeverGoesBack) {
    begin();
    EXPECT_EQ(refusal(500, {}), "accepted");
    EXPECT_THAT(refusal(499, {}), HasSubstr("back in time"));
}

TEST_F(SessionTest, NoCallIsLaterThanAskedFor) {
    begin();
    const std::string text = refusal(1001, {});
    EXPECT_THAT(text, HasSubstr("was called too late"));
    EXPECT_THAT(text, HasSubstr("expected: a call at 1000 ns at the latest"));
    EXPECT_THAT(text, HasSubstr("the rig's line: \"at 1001\""));
}

TEST_F(SessionTest, SixteenCallsAtOneTimeAreTheMost) {
    begin();
    for (int i = 0; i < 16; ++i) EXPECT_EQ(refusal(500, {}), "accepted");
    EXPECT_THAT(refusal(500, {}), HasSubstr("more than 16 times at 5e-07 s"));
}

TEST_F(SessionTest, TheCountBeginsAnewAtTheNextTime) {
    begin();
    for (int i = 0; i < 16; ++i) EXPECT_EQ(refusal(500, {}), "accepted");
    for (int i = 0; i < 16; ++i) EXPECT_EQ(refusal(501, {}), "accepted");
}

TEST_F(SessionTest, InputsAreDeclaredOnesWithValuesOfTheirKind) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const PortValue wrong : {PortValue{99, 0}, PortValue{5, 0}, PortValue{0, infinity},
                                  PortValue{4, 2}, PortValue{4, 0.5}}) {
        SetUp();
        begin();
        EXPECT_THAT(refusal(1, {wrong}), HasSubstr("was given"))
            << wrong.port << " " << wrong.value;
    }
}

TEST_F(SessionTest, AnInputStandsOnceInACall) {
    begin();
    EXPECT_THAT(refusal(1, {{0, 1}, {0, 2}}), HasSubstr("two values for the input in.volt"));
}

TEST_F(SessionTest, PayloadsAreInTheNotationOfTheirBus) {
    for (const Payload& wrong : {Payload{7, "00"}, Payload{0, "1F3"}, Payload{1, "0"}}) {
        SetUp();
        begin();
        EXPECT_THAT(refusal(1, {}, {wrong}), HasSubstr("was given the payload")) << wrong.text;
    }
}

TEST_F(SessionTest, ACallFitsIntoALine) {
    begin();
    const std::vector<Payload> many(2, Payload{1, std::string(40'000, '0')});
    EXPECT_THAT(refusal(1, {}, many), HasSubstr("more payloads than a line has room for"));
}

TEST_F(SessionTest, AfterAFailureItSaysTheSameAgainAndStopsQuietly) {
    begin();
    const std::string text = refusal(2000, {});
    EXPECT_EQ(refusal(500, {}), text);
    EXPECT_NO_THROW(link_->stop());
}

TEST_F(SessionTest, StopTwiceIsHarmlessAndACallAfterItIsNot) {
    begin();
    link_->stop();
    EXPECT_NO_THROW(link_->stop());
    EXPECT_THAT(refusal(1, {}), HasSubstr("was called after its end"));
}

/// A carrier whose greeting and answers a test writes, for what bms_link.h would never let through.
class ScriptedCarrier final : public Carrier {
  public:
    explicit ScriptedCarrier(std::vector<std::string> lines) : lines_(std::move(lines)) {}
    std::string_view greeting_line() override { return lines_.at(next_++); }
    void greeted(const Greeting& /*greeting*/) override {}
    [[nodiscard]] bool needs_line() const override { return true; }
    std::string_view answer(const Call& /*call*/, std::string_view /*line*/,
                            Answer& /*answer*/) override {
        return lines_.at(next_++);
    }
    void stop() override {}
    std::string end() noexcept override { return "it was scripted"; }

  private:
    std::vector<std::string> lines_;
    std::size_t next_ = 0;
};

std::string failure_of(const std::vector<std::string>& ports, const std::string& first_answer) {
    std::vector<std::string> lines{"bmslink 1 scripted 1"};
    lines.insert(lines.end(), ports.begin(), ports.end());
    lines.insert(lines.end(), {"ready", first_answer});
    try {
        Session session("scripted", {},
                        [&](LogTaker&) { return std::make_unique<ScriptedCarrier>(lines); });
        Answer answer;
        session.exchange(Instant{}, {}, {}, answer);
    } catch (const LinkError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Session, TheFirstAnswerNamesEveryOutput) {
    const std::vector<std::string> ports{"out a stage", "out b V"};
    EXPECT_EQ(failure_of(ports, "next - b=1 a=low"), "accepted");
    EXPECT_EQ(failure_of(ports, "next - a=low b=1 a=high"), "accepted");
    const std::string text = failure_of(ports, "next - b=1 b=2");
    EXPECT_THAT(text, HasSubstr("does not name the output a in its first answer"));
    EXPECT_THAT(text, HasSubstr("seen: \"next - b=1 b=2\""));
    EXPECT_THAT(text, HasSubstr("its end: it was scripted"));
    EXPECT_THAT(text, HasSubstr("its log is empty"));
}

TEST(Session, PayloadsOfTheProcessAreInTheNotationOfTheirBus) {
    EXPECT_EQ(failure_of({"bus can can 1"}, "next - can:123#00"), "accepted");
    EXPECT_THAT(failure_of({"bus can can 1"}, "next - can:123#0"),
                HasSubstr("sends \"123#0\" on can"));
    EXPECT_THAT(failure_of({"bus rs485 serial 1"}, "next - rs485:0g"),
                HasSubstr("pairs of upper-case hex digits"));
}

TEST(Session, MoreInputsThanALineHoldsAreRefused) {
    std::vector<std::string> ports;
    for (int i = 0; i < 2500; ++i) ports.push_back("in input" + std::to_string(i) + " V");
    EXPECT_THAT(failure_of(ports, "next -"), HasSubstr("more inputs than a line has room for"));
}

TEST(Session, MorePortsThanAnyProductHasAreRefused) {
    std::vector<std::string> ports;
    for (int i = 0; i < 10'001; ++i) ports.push_back("out o" + std::to_string(i) + " V");
    EXPECT_THAT(failure_of(ports, "next -"), HasSubstr("more than 10,000 ports"));
}

}  // namespace
}  // namespace bmsrig::link
