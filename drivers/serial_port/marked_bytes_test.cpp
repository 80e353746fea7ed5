#include "drivers/serial_port/marked_bytes.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace bmsrig {
namespace {

std::vector<std::pair<int, bool>> taken(const std::vector<std::uint8_t>& bytes) {
    MarkedBytes marks;
    std::vector<std::pair<int, bool>> got;
    for (const std::uint8_t byte : bytes) {
        if (const auto marked = marks.take(byte)) got.emplace_back(marked->byte, marked->is_sound);
    }
    return got;
}

using Got = std::vector<std::pair<int, bool>>;

// termios(3), PARMRK.
TEST(MarkedBytes, PassSoundBytes) {
    EXPECT_EQ(taken({0x00, 0x55, 0xFE}), (Got{{0x00, true}, {0x55, true}, {0xFE, true}}));
    EXPECT_EQ(taken({0xFF, 0xFF, 0x01}), (Got{{0xFF, true}, {0x01, true}}));
}

TEST(MarkedBytes, TellTheBytesWithAnError) {
    EXPECT_EQ(taken({0xFF, 0x00, 0x41, 0x42}), (Got{{0x41, false}, {0x42, true}}));
    EXPECT_EQ(taken({0xFF, 0x00, 0xFF, 0xFF, 0xFF}), (Got{{0xFF, false}, {0xFF, true}}));
    EXPECT_EQ(taken({0xFF, 0x00, 0x00}), (Got{{0x00, false}})) << "a break";
}

TEST(MarkedBytes, WaitForTheRestOfAMark) {
    EXPECT_EQ(taken({0xFF}), Got{});
    EXPECT_EQ(taken({0xFF, 0x00}), Got{});
}

}  // namespace
}  // namespace bmsrig
