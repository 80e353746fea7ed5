#include "rig/config/yaml_reader.h"

#include <gmock/gmock.h>

#include <chrono>

#include "rig/config/test_files.h"
#include "rig/config/text_file.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view good = R"(# a comment
format: 1
title: A battery
ratio: 0.5
cells: 3.30 V
wait: 20 ms
flag: true
number: 12
words: [a, b]
inner:
  one: 1
  two:
)";

class YamlReader : public testing::Test {
  protected:
    YamlNode read(std::string_view text) const { return read_yaml(folder_.write("f.yaml", text)); }
    template <typename Action>
    std::string refusal(const Action& action) const {
        return refusal_in(folder_, action);
    }
    TestFolder folder_;
};

TEST_F(YamlReader, GivesValuesWithTheirLines) {
    const YamlNode root = read(good);
    EXPECT_EQ(root.at("title").text(), "A battery");
    EXPECT_EQ(root.at("title").line(), 3);
    EXPECT_EQ(root.at("cells").number(Unit::volt), 3.3);
    EXPECT_EQ(root.at("ratio").number(Unit::none), 0.5);
    EXPECT_EQ(root.at("wait").duration(), std::chrono::milliseconds{20});
    EXPECT_TRUE(root.at("flag").boolean());
    EXPECT_EQ(root.at("number").integer(1, 12), 12);
    EXPECT_EQ(root.at("words").items().at(1).text(), "b");
    EXPECT_EQ(root.at("words").items().at(1).path(), "words[2]");
    EXPECT_EQ(root.at("inner").line(), 10);
    EXPECT_EQ(root.at("inner").at("one").line(), 11);
    EXPECT_EQ(root.at("inner").at("one").path(), "inner.one");
    EXPECT_EQ(root.at("inner").at("two").line(), 12);
    EXPECT_EQ(root.at("inner").at("two").kind(), YamlNode::Kind::empty);
    EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST_F(YamlReader, CountsLinesOfFilesFromOtherSystems) {
    const YamlNode root = read(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 2\r\n");
    EXPECT_EQ(root.at("b").line(), 2);
    EXPECT_EQ(root.at("b").integer(0, 9), 2);
}

TEST_F(YamlReader, RefusesValuesOfTheWrongType) {
    const YamlNode root = read(good);
    const auto of = [&](const auto& ask) { return refusal([&] { static_cast<void>(ask()); }); };
    EXPECT_EQ(of([&] { return root.at("inner").text(); }),
              "f.yaml:10: inner: a mapping (key: value) stands here; expected a text");
    EXPECT_EQ(of([&] { return root.at("words").number(Unit::volt); }),
              "f.yaml:9: words: a list stands here; expected a number in V, such as \"2.80 V\"");
    EXPECT_EQ(of([&] { return root.at("inner").at("two").text(); }),
              "f.yaml:12: inner.two: nothing stands here; expected a text");
    EXPECT_EQ(of([&] { return root.at("title").items().size(); }),
              "f.yaml:3: title: \"A battery\" stands here; expected a list, such as [a, b]");
    EXPECT_EQ(of([&] { return root.at("title").entries().size(); }),
              "f.yaml:3: title: \"A battery\" stands here; expected a mapping (key: value)");
    EXPECT_EQ(of([&] { return root.at("title").boolean(); }),
              "f.yaml:3: title: \"A battery\" stands here; expected one of: true, false");
    EXPECT_EQ(of([&] { return root.at("number").integer(13, 99); }),
              "f.yaml:8: number: \"12\" stands here; expected a whole number from 13 to 99");
    EXPECT_THAT(of([&] { return root.at("ratio").integer(0, 9); }),
                HasSubstr("expected a whole number from 0 to 9"));
    EXPECT_THAT(of([&] { return root.at("words").quantity().value; }),
                StartsWith("f.yaml:9: words: a list"));
    EXPECT_EQ(of([&] { return root.at("title").at("x").line(); }),
              "f.yaml:3: title: \"A battery\" stands here; expected a mapping (key: value)");
}

TEST_F(YamlReader, RefusesWrongUnits) {
    const YamlNode root = read(good);
    const auto of = [&](const auto& ask) { return refusal([&] { static_cast<void>(ask()); }); };
    EXPECT_EQ(
        of([&] { return root.at("cells").number(Unit::celsius); }),
        "f.yaml:5: cells: \"3.30 V\" stands here; expected a number in degC, such as \"25 degC\"");
    EXPECT_EQ(
        of([&] { return root.at("cells").number(Unit::none); }),
        "f.yaml:5: cells: \"3.30 V\" stands here; expected a number in no unit, such as \"0.5\"");
    EXPECT_EQ(
        of([&] { return root.at("ratio").number(Unit::ohm); }),
        "f.yaml:4: ratio: \"0.5\" stands here; expected a number in ohm, such as \"10 kohm\"");
    EXPECT_EQ(of([&] { return root.at("ratio").number(Unit::ampere); }),
              "f.yaml:4: ratio: \"0.5\" stands here; expected a number in A, such as \"1 A\"");
    EXPECT_THAT(of([&] { return root.at("title").number(Unit::volt); }),
                StartsWith("f.yaml:3: title: \"A battery\" is no quantity"));
    EXPECT_THAT(of([&] { return read("t: -1 s\n").at("t").duration(); }),
                StartsWith("f.yaml:1: t: \"-1 s\" stands here; expected a time of zero or more"));
    EXPECT_THAT(of([&] { return read("t: 1e10 s\n").at("t").duration(); }),
                HasSubstr("within 100 years"));
}

TEST_F(YamlReader, NamesMissingAndUnknownKeys) {
    const YamlNode root = read(good);
    EXPECT_EQ(refusal([&] { static_cast<void>(root.at("inner").at("three")); }),
              "f.yaml:10: inner: the key \"three\" is missing");
    EXPECT_EQ(refusal([&] { root.at("inner").allow_keys({"one", "twoo"}); }),
              "f.yaml:12: inner: unknown key \"two\"; did you mean \"twoo\"? Known: one, twoo");
    EXPECT_EQ(refusal([&] { root.at("inner").allow_keys({"one", "threshold"}); }),
              "f.yaml:12: inner: unknown key \"two\"; there are: one, threshold");
}

TEST_F(YamlReader, RefusesWhatIsNoPlainYaml) {
    const struct {
        std::string text;
        std::string begins;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n",
         "f.yaml:3: the key \"a\" stands twice, first in line 1; expected each key once"},
        {"x: {a: 1,\n  a: 2}\n", "f.yaml:2: the key \"a\" stands twice, first in line 1"},
        {"a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3: is not correct YAML: a [ is opened above"},
        {"a: {x: 1\nb: 2\n", "f.yaml:2: is not correct YAML: a { is opened above"},
        {"a: 1\n b: 2\n", "f.yaml:2: is not correct YAML: a colon stands where none may"},
        {"a: 1\nb 2\nc: 3\n", "f.yaml:3: is not correct YAML: a colon stands where none may"},
        {"a:\n  b: 1\n c: 2\n",
         "f.yaml:3: is not correct YAML: this line does not fit the one above"},
        {"a: @x\n", "f.yaml:1: is not correct YAML: a sign stands here that means something else"},
        {"a: ]\n", "f.yaml:1: is not correct YAML: a ] or } stands here that nothing opened"},
        {"a: \"open\n\n",
         "f.yaml:1: is not correct YAML: a quote is opened here or above and never closed"},
        {"a: 'open\nb: 2\n", "f.yaml:2: is not correct YAML: a quote is opened here or above"},
        {"a: b: c\n", "f.yaml:1: is not correct YAML: a colon stands where none may"},
        {"a: 1\nb: &here 2\n", "f.yaml:2: an anchor (&) stands here"},
        {"a: &here {x: 1}\n", "f.yaml:1: an anchor (&) stands here"},
        {"a: *here\n", "f.yaml:1: "},
        {"a: !!str 1\n", "f.yaml:1: the tag \"tag:yaml.org,2002:str\" stands here"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2: a second document begins here"},
        {"[a, b]\n", "f.yaml:1: a list stands here; expected a mapping"},
        {"just words\n", "f.yaml:1: \"just words\" stands here; expected a mapping"},
        {"a: 1\n? [x]\n: 2\n", "f.yaml:2: a list or mapping stands as a key"},
        {"a: 1\n~: 2\n", "f.yaml:2: an empty key stands here"},
        {"# nothing\n", "f.yaml: holds nothing but comments"},
        {"a: 1\nb: \xC3\x28\n", "f.yaml:2: is not UTF-8 text"},
        {std::string("a: 1\n\0", 6), "f.yaml:2: is not UTF-8 text"},
        {"", "f.yaml: is empty"},
        {std::string(longest_text_file + 1, '#'), "f.yaml: is longer than 1048576 bytes"},
    };
    for (const auto& mistake : cases) {
        EXPECT_THAT(refusal([&] { read(mistake.text); }), StartsWith(mistake.begins))
            << mistake.text.substr(0, 80);
    }
}

TEST_F(YamlReader, SurvivesDeepAndWideFiles) {
    EXPECT_THAT(refusal([&] { read("a: " + std::string(100000, '[')); }), StartsWith("f.yaml:1: "));
    EXPECT_THAT(refusal([&] { read("a: " + std::string(9999, '[') + std::string(9999, ']')); }),
                StartsWith("f.yaml:1: is not correct YAML"));
    std::string wide;
    for (int i = 0; i < 60000; ++i) wide += "key" + std::to_string(i) + ": 1\n";
    const YamlNode root = read(wide);
    EXPECT_EQ(root.at("key59999").line(), 60000);
    const std::string message = refusal([&] { read(std::string(10000, 'x') + ": [\n"); });
    EXPECT_LT(message.size(), 400U);
    const YamlNode words = read("a: 1 " + std::string(10000, 's') + "\n");
    EXPECT_LT(refusal([&] { static_cast<void>(words.at("a").number(Unit::second)); }).size(), 400U);
}

TEST_F(YamlReader, NamesFilesThatCannotBeRead) {
    EXPECT_EQ(refusal([&] { read_yaml(folder_.path() / "none.yaml"); }),
              "none.yaml: there is no such file");
    std::filesystem::create_directory(folder_.path() / "dir.yaml");
    EXPECT_EQ(refusal([&] { read_yaml(folder_.path() / "dir.yaml"); }),
              "dir.yaml: is no file; expected a text file");
}

TEST_F(YamlReader, ReadsTheFormatBeforeAnyKey) {
    const auto refused = [&](std::string_view text) {
        return refusal(
            [&] { read_yaml_format(folder_.write("f.yaml", text), {"format", "title"}); });
    };
    EXPECT_EQ(refused("format: 1\ntitle: x\n"), "");
    EXPECT_EQ(refused("title: x\n"), "f.yaml:1: the key \"format\" is missing");
    EXPECT_EQ(refused("new_key: x\nformat: 2\n"),
              "f.yaml:2: format: the file has format 2, but this bmsrig knows formats up to 1; use "
              "a newer bmsrig");
    EXPECT_THAT(refused("format: one\n"),
                StartsWith("f.yaml:1: format: \"one\" stands here; expected a whole number"));
    EXPECT_EQ(refused("format: 1\ntitel: x\n"),
              "f.yaml:2: unknown key \"titel\"; did you mean \"title\"? Known: format, title");
}

TEST(Utf8, KnowsWhereTextEnds) {
    EXPECT_EQ(utf8_length("plain"), 5U);
    EXPECT_EQ(utf8_length("\xC2\xB0"
                          "C \xE2\x84\xA6 \xF0\x9F\x94\x8B"),
              12U);
    for (const std::string_view bad : {"ab\xC0\xAF", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80",
                                       "ab\xE2\x84", "ab\xFF", "ab\x80", "ab\xF0\x80\x80\x80"}) {
        EXPECT_EQ(utf8_length(bad), 2U) << bad;
    }
}

TEST(Messages, StayOnOneLineAndKeepWholeCharacters) {
    EXPECT_EQ(in_quotes("a\nb"), "\"a b\"");
    const std::string degrees = [] {
        std::string text = "x";
        for (int i = 0; i < 50; ++i) text += "\xC2\xB0";
        return text;
    }();
    const std::string shown = shortened(degrees);
    EXPECT_EQ(utf8_length(shown), shown.size());
    EXPECT_THAT(shown, testing::EndsWith("..."));
}

}  // namespace
}  // namespace bmsrig
