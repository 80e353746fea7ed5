#include "drivers/common/line_debouncer.h"

#include <gtest/gtest.h>

namespace bmsrig {
namespace {

using std::chrono::milliseconds;

constexpr Instant at(int ms) {
    return Instant{milliseconds{ms}};
}

TEST(LineDebouncerTest, WhatIsFedLateGivesTheSameAsWhatIsFedInTime) {
    LineDebouncer debouncer(LineLevel::inactive);
    debouncer.set_debounce(milliseconds{20});
    EXPECT_FALSE(debouncer.feed(LineLevel::active, at(100)));
    EXPECT_FALSE(debouncer.feed(LineLevel::inactive, at(110)));
    EXPECT_FALSE(debouncer.feed(LineLevel::active, at(111)));
    // Nobody asked at 131 ms; the next change tells of it.
    const auto change = debouncer.feed(LineLevel::inactive, at(150));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->time, at(100));
    EXPECT_EQ(change->level, LineLevel::active);
    EXPECT_EQ(debouncer.due(), at(170));
}

TEST(LineDebouncerTest, AGlitchChangesNothingAndLeavesNothingBehind) {
    LineDebouncer debouncer(LineLevel::inactive);
    debouncer.set_debounce(milliseconds{20});
    debouncer.feed(LineLevel::active, at(100));
    debouncer.feed(LineLevel::inactive, at(119));
    EXPECT_FALSE(debouncer.settle(at(138)));
    EXPECT_EQ(debouncer.due(), at(139));
    EXPECT_FALSE(debouncer.settle(at(139)));
    EXPECT_FALSE(debouncer.due());
    debouncer.feed(LineLevel::active, at(200));
    const auto change = debouncer.settle(at(220));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->time, at(200));
}

}  // namespace
}  // namespace bmsrig
