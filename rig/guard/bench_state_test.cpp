// Who has a bench and whether it may be unsafe, as files.
#include "rig/guard/bench_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig/error.h"
#include "rig/guard/bench_in_test.h"
#include "rig/test_folder.h"

namespace bmsrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BenchStateTest : public testing::Test {
  protected:
    BenchStateTest() { ::setenv("XDG_STATE_HOME", (folder.path() / "state").c_str(), 1); }
    template <typename Action>
    static std::string in_use(const Action& action) {
        try {
            action();
        } catch (const BenchInUse& problem) {
            return problem.what();
        }
        return "nobody has it";
    }
    TestFolder folder;
    std::filesystem::path bench = folder.write("bench.yaml", "");
};

TEST_F(BenchStateTest, IsTheSameByWhateverWayTheFileIsNamed) {
    const BenchState state(bench);
    std::filesystem::create_symlink(bench, folder.path() / "link.yaml");
    EXPECT_EQ(BenchState(folder.path() / "state" / ".." / "bench.yaml").marker(), state.marker());
    EXPECT_EQ(BenchState(folder.path() / "link.yaml").marker(), state.marker());
    EXPECT_NE(BenchState(folder.path() / "other.yaml").marker(), state.marker());
}

// The XDG Base Directory Specification: a path that is not absolute is to be ignored.
TEST_F(BenchStateTest, StandsAtHomeUnlessAnAbsolutePathIsChosen) {
    const std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
    ::setenv("HOME", folder.path().c_str(), 1);
    ::setenv("XDG_STATE_HOME", "state", 1);
    EXPECT_EQ(BenchState(bench).marker().parent_path(), folder.path() / ".local/state/bmsrig");
    ::setenv("HOME", "", 1);
    EXPECT_THROW(BenchState{bench}, Error);
    ::setenv("HOME", home.c_str(), 1);
}

TEST_F(BenchStateTest, AMarkerSaysWhatMayBeOnAndNothingOfTheOneBefore) {
    const BenchState state(bench);
    state.mark({"switches \"supply\" off", "switches \"cells\" off"});
    state.mark({"switches \"supply\" off"});
    EXPECT_THAT(content_of(state.marker()),
                AllOf(HasSubstr("by:      process " + std::to_string(::getpid())),
                      HasSubstr("to do:   switches \"supply\" off\n"), Not(HasSubstr("cells"))));
    state.unmark();
    EXPECT_FALSE(state.is_marked());
    state.unmark();
}

TEST_F(BenchStateTest, WhoLooksSharesAndWhoMakesSafeHasItAlone) {
    BenchState looks(bench);
    looks.take(false);
    BenchState also_looks(bench);
    also_looks.take(false);
    BenchState makes_safe(bench);
    EXPECT_THAT(in_use([&] { makes_safe.take(true); }), HasSubstr("is in use by another process"));
}

TEST_F(BenchStateTest, NamesWhoHasItAlone) {
    BenchState owner(bench);
    owner.mark({});
    owner.take(true);  // though it is marked
    BenchState other(bench);
    const std::string named = "the bench is in use by process " + std::to_string(::getpid()) + " ";
    EXPECT_THAT(in_use([&] { other.take(false); }), HasSubstr(named));
    EXPECT_THAT(in_use([&] { other.take(true); }), HasSubstr(named.substr(0, named.size() - 1)));
}

TEST_F(BenchStateTest, IsRefusedWhileItIsMarkedButToMakeItSafe) {
    BenchState state(bench);
    state.mark({});
    EXPECT_THROW(state.take(false), InputError);
}

}  // namespace
}  // namespace bmsrig
