#include "rig/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rig/error.h"
#include "rig/names.h"
#include "rig/time.h"
#include "rig/units.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

struct Example {
    const char* text;
    Quantity quantity;
};

class QuantityText : public testing::TestWithParam<Example> {};

TEST_P(QuantityText, IsReadExactly) {
    EXPECT_EQ(parse_quantity(GetParam().text), GetParam().quantity);
}

INSTANTIATE_TEST_SUITE_P(
    Examples, QuantityText,
    testing::Values(Example{"2.80 V", {2.8, Unit::volt}}, Example{"5 mV", {0.005, Unit::volt}},
                    Example{"20 ms", {0.02, Unit::second}}, Example{"30 s", {30, Unit::second}},
                    Example{"10 kohm", {10000, Unit::ohm}}, Example{"2 uV", {2e-6, Unit::volt}},
                    Example{"4 ohm", {4, Unit::ohm}}, Example{"-40 degC", {-40, Unit::celsius}},
                    Example{"1e-3 A", {0.001, Unit::ampere}}, Example{"1 MV", {1e6, Unit::volt}},
                    Example{"7", {7, Unit::none}}, Example{"0.5 ratio", {0.5, Unit::ratio}},
                    Example{"1e3 mV", {1, Unit::volt}}, Example{"10 ns", {1e-8, Unit::second}}));

class NoQuantity : public testing::TestWithParam<const char*> {};

TEST_P(NoQuantity, IsRefusedAndQuoted) {
    try {
        parse_quantity(GetParam());
        FAIL() << "was taken";
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("\"" + std::string(GetParam()) + "\""));
        EXPECT_THAT(error.what(), HasSubstr("2.80 V"));
    }
}

INSTANTIATE_TEST_SUITE_P(Examples, NoQuantity,
                         testing::Values("", "V", "2.8V", "2,8 V", "2.8  V", "2.8 V ", "2.8 volts",
                                         "nan V", "inf V", "+2.8 V", "5 mdegC", "0x10 V", "1 mm",
                                         "2.8 ", "1e400 V", "1 m"));

TEST(Unit, WordsReadBack) {
    for (const char* word : {"V", "A", "ohm", "degC", "s", "ratio", "bool"}) {
        EXPECT_EQ(to_string(unit_from_string(word)), word);
    }
    EXPECT_THROW(unit_from_string("volt"), InputError);
}

TEST(Number, IsTheShortestThatReadsBack) {
    EXPECT_EQ(format_number(2.8), "2.8");
    EXPECT_EQ(format_number(3), "3");
    EXPECT_EQ(format_number(1e-6), "1e-06");
    EXPECT_EQ(format_number(std::nan("")), "nan");
    EXPECT_EQ(format_quantity(2.8, Unit::volt), "2.8 V");
    EXPECT_EQ(format_quantity(1, Unit::none), "1");
}

TEST(Seconds, BecomeWholeNanoseconds) {
    EXPECT_EQ(duration_from_seconds(0.02).count(), 20'000'000);
    EXPECT_EQ(duration_from_seconds(1e-9 * 1.6).count(), 2);
    EXPECT_EQ(duration_from_seconds(-1).count(), -1'000'000'000);
    EXPECT_THROW(duration_from_seconds(std::nan("")), InputError);
    EXPECT_THROW(duration_from_seconds(1e12), InputError);
    EXPECT_EQ(format_time(instant_from_ns(12'345'000'000)), "12.345 s");
}

TEST(Names, AreSuggestedWhereOneIsClose) {
    EXPECT_EQ(suggest("lod", {"load", "charge"}), "did you mean \"load\"?");
    EXPECT_EQ(suggest("zzzzzz", {"load", "charge"}), "there are: load, charge");
    EXPECT_EQ(suggest("CMAX", {"cmin", "cmax"}), "did you mean \"cmax\"?");
    EXPECT_EQ(suggest("x", {}), "there are none");
    EXPECT_EQ(suggest(std::string(10'000, 'x'), {"load"}), "there are: load");
}

TEST(Units, KeepTemperaturesApartFromDifferences) {
    const CelsiusDelta difference = 50.0_degC - 48.0_degC;
    EXPECT_DOUBLE_EQ(difference.value(), 2.0);
    EXPECT_DOUBLE_EQ((2.8_V - 20.0_mV).value(), 2.78);
    EXPECT_DOUBLE_EQ((3.6_V / 4.0_ohm / 1.0_A).value(), 0.9);
}

}  // namespace
}  // namespace bmsrig
