#include "rig/link/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig/error.h"

namespace bmsrig::link {
namespace {

using testing::ElementsAre;

TEST(CommandLine, SplitsAsAShellDoes) {
    EXPECT_THAT(split_command("  ./bms  --set\tcells=4 "),
                ElementsAre("./bms", "--set", "cells=4"));
    EXPECT_THAT(split_command(R"(bms 'a "b" \' "c 'd' \" \\ \n" e\ f '' g"h"i)"),
                ElementsAre("bms", R"(a "b" \)", R"(c 'd' " \ \n)", "e f", "", "ghi"));
    EXPECT_THAT(split_command("$HOME *"), ElementsAre("$HOME", "*"));
}

TEST(CommandLine, AnOpenQuoteOrALastBackslashIsRefused) {
    EXPECT_THROW(split_command("bms 'a"), InputError);
    EXPECT_THROW(split_command("bms \"a"), InputError);
    EXPECT_THROW(split_command("bms \\"), InputError);
}

TEST(CommandLine, SettingsFollowInTheirOrder) {
    EXPECT_THAT(arguments_of({.line = "bms --set a=1", .settings = {{"b", "2 3"}, {"a", "4"}}}),
                ElementsAre("bms", "--set", "a=1", "--set", "b=2 3", "--set", "a=4"));
}

TEST(CommandLine, AnEmptyCommandIsRefused) {
    EXPECT_THROW(arguments_of({.line = " ", .settings = {}}), InputError);
    EXPECT_THROW(arguments_of({.line = "''", .settings = {}}), InputError);
}

TEST(CommandLine, ASharedObjectIsKnownByItsEnd) {
    EXPECT_TRUE(is_shared_object({"./bms.so", "--set"}));
    EXPECT_FALSE(is_shared_object({"./bms", "a.so"}));
}

TEST(CommandLine, IsDescribedInOneLineOfBoundedLength) {
    EXPECT_EQ(describe_command({"bms", "a b", ""}), "bms 'a b' ''");
    const std::string description = describe_command({std::string(10'000, 'x')});
    EXPECT_EQ(description.size(), 503U);
    EXPECT_TRUE(description.ends_with("xxx..."));
}

}  // namespace
}  // namespace bmsrig::link
