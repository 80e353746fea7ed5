#include "reports/utf8.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

std::string repaired(std::string_view text) {
    std::string scratch;
    return std::string(valid_utf8(text, scratch));
}

TEST(Utf8, LeavesValidTextWhereItIs) {
    for (const std::string text :
         {"", "plain", "plain text of more than eight characters", "23 \u00B0C", "\u20AC 5",
          "\U0001F50B battery", "\uD7FF\uE000", "\U0010FFFF"}) {
        std::string scratch;
        const std::string_view valid = valid_utf8(text, scratch);
        EXPECT_EQ(valid.data(), text.data());
        EXPECT_EQ(valid, text);
    }
}

TEST(Utf8, KeepsNulCharacters) {
    const std::string_view text("a\0b", 3);
    EXPECT_EQ(repaired(text), text);
}

TEST(Utf8, ReplacesEachByteThatDoesNotBelong) {
    EXPECT_EQ(repaired("\xFF"), "\uFFFD");
    EXPECT_EQ(repaired("a\x80z"), "a\uFFFDz");
    EXPECT_EQ(repaired("eight char\xC3s"), "eight char\uFFFDs");
    EXPECT_EQ(repaired("cut short \xE2\x82"), "cut short \uFFFD\uFFFD");
    EXPECT_EQ(repaired("\xF0\x9F\x94 good \u20AC"), "\uFFFD\uFFFD\uFFFD good \u20AC");
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatLiesBeyondUnicode) {
    EXPECT_EQ(repaired("\xC0\xAF"), "\uFFFD\uFFFD");                      // '/' in two bytes
    EXPECT_EQ(repaired("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");            // '/' in three
    EXPECT_EQ(repaired("\xF0\x80\x80\xAF"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // '/' in four
    EXPECT_EQ(repaired("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // U+D800
    EXPECT_EQ(repaired("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // U+110000
}

}  // namespace
}  // namespace bmsrig
