#include "drivers/serial_port/echo.h"

#include <gtest/gtest.h>

#include <array>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using Heard = Echo::Heard;

// serial_port.h: what comes back is swallowed as far as it was sent, and another byte counts as a
// collision.
TEST(EchoTest, IsWhatWasSentAndComesInTime) {
    Echo echo;
    const std::array<std::uint8_t, 3> sent{1, 2, 3};
    echo.sent(sent, Instant{10ms});
    EXPECT_EQ(echo.take(1, Instant{9ms}), Heard::own);
    EXPECT_EQ(echo.take(7, Instant{10ms}), Heard::collision);
    EXPECT_EQ(echo.take(3, Instant{11ms}), Heard::foreign) << "the UUT's, for the cable is off";
    EXPECT_EQ(echo.take(3, Instant{11ms}), Heard::foreign);
}

}  // namespace
}  // namespace bmsrig
