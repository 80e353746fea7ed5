#include "rig/punctuality.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

TEST(Punctuality, CountsByHowMuchEachEventWasLate) {
    Punctuality punctuality;
    punctuality.restart(10ms);
    for (const Duration late : {Duration{0}, Duration{100us}, Duration{101us}, Duration{10ms}}) {
        EXPECT_FALSE(punctuality.note(Instant{1s}, late));
    }
    EXPECT_TRUE(punctuality.note(Instant{2s}, 10ms + 1ns));
    EXPECT_TRUE(punctuality.note(Instant{3s}, 1s));
    EXPECT_EQ(punctuality.events(), 6U);
    EXPECT_EQ(punctuality.overruns(), 2U);
    EXPECT_EQ(punctuality.worst(), 1s);
    EXPECT_EQ(punctuality.counts(), (std::array<std::uint64_t, 5>{2, 1, 1, 1, 1}));
}

TEST(Punctuality, SaysWhenAndHowLateItWasAtWorst) {
    Punctuality punctuality;
    punctuality.restart(10ms);
    EXPECT_EQ(punctuality.problem(), "");
    punctuality.note(Instant{12s}, 37ms);
    punctuality.note(Instant{13s}, 20ms);
    for (const std::string& text : {punctuality.problem(), punctuality.text()}) {
        EXPECT_NE(text.find("37 ms at 12 s"), std::string::npos) << text;
    }
    EXPECT_NE(punctuality.problem().find("2 of its 2 events"), std::string::npos);
    EXPECT_NE(punctuality.problem().find("allowed are 10 ms"), std::string::npos);
}

TEST(Punctuality, APlanThatTakesItsTimeIsNoOverrunOfTheRig) {
    Punctuality punctuality;
    punctuality.restart(10ms);
    punctuality.note_pause(3s);
    EXPECT_EQ(punctuality.overruns(), 0U);
    EXPECT_EQ(punctuality.problem(), "");
    EXPECT_EQ(punctuality.worst_pause(), 3s);
}

TEST(Punctuality, SpeaksInUnitsThatFit) {
    EXPECT_EQ(format_brief(250'729ns), "251 us");
    EXPECT_EQ(format_brief(10ms), "10 ms");
    EXPECT_EQ(format_brief(1500ms), "1.5 s");
    EXPECT_EQ(format_brief(0ns), "0 ns");
    EXPECT_EQ(format_brief(-3us), "-3 us");
}

TEST(Punctuality, StartsAnewWithEachTest) {
    Punctuality punctuality;
    punctuality.restart(10ms);
    punctuality.note(Instant{1s}, 1s);
    punctuality.restart(1ms);
    EXPECT_EQ(punctuality.events(), 0U);
    EXPECT_EQ(punctuality.worst(), Duration::zero());
    EXPECT_TRUE(punctuality.note(Instant{1s}, 2ms)) << "by the new allowance";
}

}  // namespace
}  // namespace bmsrig
