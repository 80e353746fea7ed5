#include "reports/transcript.h"

#include <gmock/gmock.h>

#include <map>

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::Pair;

class TranscriptTest : public testing::Test {
  protected:
    using Key = std::pair<int, int>;  // session, block
    std::map<Key, std::string> blocks_;
    TranscriptCollector collector_{[this](int session, int block, std::string_view text) {
        EXPECT_TRUE(blocks_.emplace(Key{session, block}, text).second) << "block stored twice";
    }};
};

TEST_F(TranscriptTest, KeepsTheLinesOfEachSessionInOrder) {
    collector_.add(1, '>', "at 0 supply=13.2");
    collector_.add(2, '<', "ready");
    collector_.add(1, '<', "next -");
    EXPECT_TRUE(blocks_.empty());
    collector_.finish();
    EXPECT_THAT(blocks_, ElementsAre(Pair(Key{1, 0}, "> at 0 supply=13.2\n< next -\n"),
                                     Pair(Key{2, 0}, "< ready\n")));
}

TEST_F(TranscriptTest, StoresNothingWhereNothingWasSaid) {
    collector_.finish();
    EXPECT_TRUE(blocks_.empty());
}

TEST_F(TranscriptTest, CountsSessionsAnewAfterEachTest) {
    collector_.add(1, '>', "first");
    collector_.finish();
    blocks_.clear();
    collector_.add(1, '>', "second");
    collector_.finish();
    EXPECT_THAT(blocks_, ElementsAre(Pair(Key{1, 0}, "> second\n")));
}

TEST_F(TranscriptTest, StoresBlocksOfAbout64KiBMadeOfWholeLines) {
    const std::string line(1000, 'x');
    for (int i = 0; i < 200; ++i) collector_.add(1, '>', line);
    collector_.finish();
    ASSERT_EQ(blocks_.size(), 4U);
    std::string all;
    for (const auto& [key, text] : blocks_) {
        EXPECT_LT(text.size(), 67'000U);
        EXPECT_TRUE(text.ends_with("x\n"));
        all += text;
    }
    EXPECT_EQ(all.size(), 200U * 1003U);
}

TEST_F(TranscriptTest, HoldsAMebibyteAtMostHoweverManySessionsThereAre) {
    const std::string line(10'000, 'x');
    for (int session = 1; session <= 1000; ++session) collector_.add(session, '>', line);
    std::size_t stored = 0;
    for (const auto& [key, text] : blocks_) stored += text.size();
    EXPECT_GT(stored, 1000U * 10'003U - (1U << 20U) - 1);
}

TEST_F(TranscriptTest, NeverMakesTwoLinesOfOneAndStoresOnlyUtf8) {
    collector_.add(1, '<', "next -\n> at 5");
    collector_.add(1, '<', "\xFF");
    collector_.finish();
    EXPECT_THAT(blocks_, ElementsAre(Pair(Key{1, 0}, "< next -\uFFFD> at 5\n< \uFFFD\n")));
}

}  // namespace
}  // namespace bmsrig
