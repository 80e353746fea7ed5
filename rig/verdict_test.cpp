#include "rig/verdict.h"

#include <gtest/gtest.h>

#include "rig/error.h"

namespace bmsrig {
namespace {

TEST(Verdict, WorstWinsInTheOrderOfTheDesign) {
    const Verdict order[] = {Verdict::pass, Verdict::inconclusive, Verdict::fail, Verdict::aborted,
                             Verdict::error};
    for (std::size_t i = 0; i < std::size(order); ++i) {
        for (std::size_t j = 0; j < std::size(order); ++j) {
            EXPECT_EQ(worst(order[i], order[j]), order[std::max(i, j)]);
        }
    }
}

TEST(Verdict, WordsReadBack) {
    EXPECT_EQ(to_string(Verdict::inconclusive), "inconclusive");
    for (const char* word : {"pass", "inconclusive", "fail", "aborted", "error"}) {
        EXPECT_EQ(to_string(verdict_from_string(word)), word);
    }
    EXPECT_THROW(verdict_from_string("PASS"), InputError);
    EXPECT_THROW(verdict_from_string(""), InputError);
}

}  // namespace
}  // namespace bmsrig
