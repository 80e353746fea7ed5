#include "rig/config/requirement.h"

#include <gmock/gmock.h>

#include "rig/config/test_files.h"

namespace bmsrig {
namespace {

using testing::StartsWith;

const std::string columns = "id,title,requirement,observe,kind,source\n";

class Requirements : public testing::Test {
  protected:
    std::vector<Requirement> read(const std::string& text) const {
        return read_requirements(folder_.write("requirements.csv", text));
    }
    std::string refusal(const std::string& text) const {
        return refusal_in(folder_, [&] { read(text); });
    }
    TestFolder folder_;
};

TEST_F(Requirements, ReadsQuotedFields) {
    const auto read_back = read("\xEF\xBB\xBF" + columns +
                                "A-1,Title,\"one, \"\"two\"\"\nthree\",,verify,page 1\r\n\r\n"
                                "A-2,Second,text,line,characterise,\"page 2\"");
    ASSERT_EQ(read_back.size(), 2U);
    EXPECT_EQ(read_back[0].text, "one, \"two\"\nthree");
    EXPECT_EQ(read_back[0].observe, "");
    EXPECT_EQ(read_back[0].source, "page 1");
    EXPECT_EQ(read_back[1].id, "A-2");
    EXPECT_EQ(read_back[1].kind, "characterise");
    EXPECT_EQ(read_back[1].source, "page 2");
    EXPECT_EQ(find_requirement(read_back, "A-2"), &read_back[1]);
    EXPECT_EQ(find_requirement(read_back, "A-3"), nullptr);
}

TEST_F(Requirements, RefusesBadFilesByLine) {
    const std::string row = "A-1,Title,text,line,verify,page\n";
    EXPECT_EQ(refusal(columns + row + "\n" + "A-1,Other,text,line,verify,page\n"),
              "requirements.csv:4: the requirement A-1 stands twice, first in line 2");
    EXPECT_EQ(refusal(columns + row + "A-2,Title,text,line,check,page\n"),
              "requirements.csv:3: A-2: the kind is \"check\"; expected verify or characterise");
    EXPECT_THAT(refusal(columns + "a 1,Title,text,line,verify,page\n"),
                StartsWith("requirements.csv:2: \"a 1\" is no id; expected capital letters"));
    EXPECT_EQ(refusal(columns + row + "A-2,Title,text,line,verify\n"),
              "requirements.csv:3: the row has 5 fields; expected 6: id, title, requirement, "
              "observe, kind, source");
    EXPECT_EQ(refusal(columns + "A-1,Title,text,line,verify,\n"),
              "requirements.csv:2: A-1: the column \"source\" is empty");
    EXPECT_EQ(refusal(columns + row + "A-2,\"Title,text\n\nmore"),
              "requirements.csv:3: a quote is opened here and never closed");
    EXPECT_THAT(refusal(columns + "A-1,\"Title\" x,text,line,verify,page\n"),
                StartsWith("requirements.csv:2: text stands behind a closing quote"));
    EXPECT_EQ(refusal(columns + "A-1,Ti\"tle,text,line,verify,page\n"),
              "requirements.csv:2: a quote stands inside a field that does not begin with one");
    EXPECT_THAT(refusal("id,title\n"),
                StartsWith("requirements.csv:1: the columns are \"id, title\"; expected: id, "));
    EXPECT_THAT(refusal("\n\n"),
                StartsWith("requirements.csv:1: the columns are \"\"; expected: id, "));
    EXPECT_EQ(refusal(columns), "requirements.csv:1: there is no requirement below the columns");
    EXPECT_EQ(refusal(""), "requirements.csv: is empty");
}

TEST_F(Requirements, CountsLinesInsideQuotedFields) {
    EXPECT_THAT(refusal(columns + "A-1,Title,\"one\ntwo\nthree\",line,verify,page\nA-2,short\n"),
                StartsWith("requirements.csv:5: the row has 2 fields"));
}

}  // namespace
}  // namespace bmsrig
