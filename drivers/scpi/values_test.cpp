#include "drivers/scpi/values.h"

#include <gmock/gmock.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "drivers/scpi/address.h"
#include "rig/error.h"

namespace bmsrig::scpi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// SCPI-99 volume 1, 7.2.1.4 and 7.2.1.5: 9.91E37 is not a number, 9.9E37 infinity.
TEST(ScpiValues, ReadsNumbersAsInstrumentsWriteThem) {
    EXPECT_EQ(parse_number("3.3"), 3.3);
    EXPECT_EQ(parse_number(" +3.30000E+00 "), 3.3);
    EXPECT_EQ(parse_number("-1.5e-3 V"), -1.5e-3);
    EXPECT_EQ(parse_number("+1.23456E-01VDC"), 0.123456);
    EXPECT_TRUE(std::isnan(parse_number("9.91E37").value()));
    EXPECT_TRUE(std::isnan(parse_number("+9.910000E+37").value()));
    EXPECT_EQ(parse_number("9.9E37"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse_number("-9.90000000E+37"), -std::numeric_limits<double>::infinity());
    for (const auto* wrong : {"", "V", "3,3", "3.3.3", "1;2", "inf", "nan", "0x10", "3300 mV",
                              "1.2kOHM", "3.3E", "+1.5 furlong"}) {
        EXPECT_FALSE(parse_number(wrong).has_value()) << wrong;
    }
}

TEST(ScpiValues, WritesNumbersInFullAndExactly) {
    EXPECT_EQ(format_value(3.3), "3.3");
    EXPECT_EQ(format_value(1e-6), "0.000001");
    EXPECT_EQ(format_value(-0.0), "0");
    EXPECT_EQ(format_value(2.8, 4), "2.8000");
    EXPECT_EQ(format_value(-0.00001, 4), "-0.0000");
}

TEST(ScpiValues, ReadsYesAndNo) {
    EXPECT_EQ(parse_boolean("1"), true);
    EXPECT_EQ(parse_boolean(" off\r"), false);
    EXPECT_FALSE(parse_boolean("2").has_value());
}

TEST(ScpiValues, ReadsAndWritesListsOfChannels) {
    EXPECT_THAT(parse_channels("1:3,101").value(), ElementsAre(1, 2, 3, 101));
    EXPECT_EQ(format_channels({1, 2, 3, 101}), "1:3,101");
    EXPECT_EQ(format_channels({1, 2}), "1,2");
    EXPECT_EQ(format_channels({7}), "7");
    for (const auto* wrong : {"", "3:1", "a", "1:2:3", "1:99999", "-1"}) {
        EXPECT_FALSE(parse_channels(wrong).has_value()) << wrong;
    }
}

TEST(ScpiValues, ReadsEntriesOfAnErrorQueue) {
    const auto error = parse_error("-222,\"Data out of range; \"\"VOLT\"\"\"");
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->number, -222);
    EXPECT_EQ(error->text, "Data out of range; \"VOLT\"");
    EXPECT_EQ(parse_error("+0,\"No error\"")->number, 0);
    EXPECT_EQ(parse_error("0")->number, 0);
    EXPECT_FALSE(parse_error("No error").has_value());
}

TEST(ScpiValues, BringsDatesIntoOneForm) {
    EXPECT_EQ(iso_date("\"2026-03-01\""), "2026-03-01");
    EXPECT_EQ(iso_date("2026,3,1"), "2026-03-01");
    EXPECT_EQ(iso_date("3/1/2026"), "2026-03-01");
    EXPECT_EQ(iso_date("20260301"), "2026-03-01");
    EXPECT_EQ(iso_date("\"never\""), "never");
    EXPECT_EQ(iso_date("2026,13,1"), "2026,13,1");
}

TEST(ScpiValues, RelyOnTheOlderOfTwoDatesAndRatherOnNone) {
    EXPECT_EQ(older_date("2026-03-01", "2026-02-28"), "2026-02-28");
    EXPECT_EQ(older_date("2025-12-31", "2026-02-28"), "2025-12-31");
    for (const auto* none : {"", "never", "2026-13-01"}) {
        EXPECT_EQ(older_date("2026-03-01", none), none);
        EXPECT_EQ(older_date(none, "2026-03-01"), none);
    }
}

TEST(ScpiAddress, NamesASocketOrAPort) {
    EXPECT_EQ(to_string(parse_address("tcp 10.0.0.3")), "tcp 10.0.0.3:5025");
    EXPECT_EQ(to_string(parse_address("tcp [::1]:9000")), "tcp [::1]:9000");
    EXPECT_EQ(to_string(parse_address("serial /dev/ttyUSB0 115200")), "serial /dev/ttyUSB0 115200");
    for (const auto* wrong : {"", "tcp", "udp a:1", "tcp :5025", "tcp a:0", "tcp a:70000",
                              "tcp a:x", "serial /dev/ttyS0", "serial ttyS0 9600", "tcp [::1"}) {
        EXPECT_THAT(text_of<InputError>([&] { parse_address(wrong); }),
                    HasSubstr("expected such as \"tcp 192.168.1.20:5025\""))
            << wrong;
    }
}

}  // namespace
}  // namespace bmsrig::scpi
