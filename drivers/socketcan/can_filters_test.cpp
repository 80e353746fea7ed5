#include "drivers/socketcan/can_filters.h"

#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

bool hears(const std::string& filters, const std::string& frame) {
    return passes(parse_can_filters(filters), linux_frame(can_frame_from(frame).value()));
}

TEST(CanFilters, LetEverythingPassWhereThereAreNone) {
    EXPECT_TRUE(hears("", "123#"));
}

TEST(CanFilters, CompareTheBitsOfTheMask) {
    EXPECT_TRUE(hears("350:7F0", "35F#00"));
    EXPECT_FALSE(hears("350:7F0", "36F#00"));
    EXPECT_TRUE(hears("350:7F0 360:7F0", "36F#00")) << "one of them is enough";
    EXPECT_FALSE(hears("350~7F0", "351#00"));
    EXPECT_TRUE(hears("350~7F0", "361#00"));
}

// Identifier 0x351 of 11 bits is another one than 0x351 of 29 bits.
TEST(CanFilters, KeepTheTwoLengthsOfIdentifiersApart) {
    EXPECT_TRUE(hears("00000351:1FFFFFFF", "00000351#00"));
    EXPECT_FALSE(hears("00000351:1FFFFFFF", "351#00"));
    EXPECT_FALSE(hears("351:7FF", "00000351#00"));
}

TEST(CanFilters, AreRefusedWithAnExample) {
    for (const std::string wrong :
         {"351", "351:", ":7FF", "35G:7FF", "351:7FF0000000", "FFF:7FF"}) {
        const std::string text =
            text_of<InputError>([&] { static_cast<void>(parse_can_filters(wrong)); });
        EXPECT_NE(text.find('"' + wrong + '"'), std::string::npos) << text;
        EXPECT_NE(text.find("100:7FF"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace bmsrig
