#include "drivers/rs485/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace bmsrig::rs485 {
namespace {

TEST(NumberFrom, TakesWhatUnitsAnswer) {
    EXPECT_EQ(number_from("-1.2351e2"), -123.51);  // the manual's example
    EXPECT_EQ(number_from("3.8500e0"), 3.85);
    EXPECT_EQ(number_from("1.9531e-2"), 0.019531);
    EXPECT_EQ(number_from("+1.2e+02"), 120);
    EXPECT_EQ(number_from("28"), 28);
    EXPECT_EQ(number_from("  7\r\n"), 7);
    EXPECT_EQ(number_from(std::string_view("4.5\0\0", 5)), 4.5);
}

TEST(NumberFrom, RefusesWhatIsNoNumber) {
    for (const std::string_view text : {"", "  ", "OK", "1.5V", "1,5", "nan", "inf", "-inf",
                                        "1e999", "0x10", "+", "+-1", "--1", "1 2", "e3"})
        EXPECT_EQ(number_from(text), std::nullopt) << text;
}

TEST(Scientific, HasFourDecimalsAndAShortExponent) {
    EXPECT_EQ(scientific(-123.51), "-1.2351e2");
    EXPECT_EQ(scientific(3.85), "3.8500e0");
    EXPECT_EQ(scientific(0.01953125), "1.9531e-2");
    EXPECT_EQ(scientific(0), "0.0000e0");
    EXPECT_EQ(scientific(1e10), "1.0000e10");
    EXPECT_EQ(scientific(-2.5e-11), "-2.5000e-11");
    EXPECT_EQ(scientific(9.99999), "1.0000e1");
    EXPECT_EQ(scientific(std::nan("")), "nan");
}

TEST(Fixed, HasTheDecimalsAskedForAndMoreWhereTheValueNeedsThem) {
    EXPECT_EQ(fixed(3.85, 2).text, "3.85");
    EXPECT_EQ(fixed(2.8, 3).text, "2.800");
    EXPECT_EQ(fixed(-10, 3).text, "-10.000");
    EXPECT_EQ(fixed(0.01953125, 8).text, "0.01953125");
    EXPECT_EQ(fixed(3.655, 2).text, "3.655");
    EXPECT_EQ(fixed(3.655, 2).decimals, 3);
    EXPECT_EQ(fixed(0.1 + 0.2, 2).text, "0.30");
    EXPECT_EQ(fixed(130, 0).text, "130");
    EXPECT_EQ(fixed(130, 0).decimals, 0);
    EXPECT_EQ(fixed(8'388'607, 0).text, "8388607");
    EXPECT_EQ(fixed(-std::numeric_limits<double>::max(), 0).text.size(), 310U);
    EXPECT_THROW(fixed(std::nan(""), 2), std::invalid_argument);
}

}  // namespace
}  // namespace bmsrig::rs485
