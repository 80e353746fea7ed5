#include "rig/limit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rig/error.h"
#include "rig/measurement.h"

namespace bmsrig {
namespace {

Limit band(double low, double high, Acceptance acceptance = Acceptance::guarded) {
    return {"threshold", Unit::volt, low, high, acceptance, "VSB-LOAD-UV", "page"};
}

TEST(Limit, GuardedAcceptanceWantsTheWholeIntervalInside) {
    const Limit limit = band(2.795, 2.805);
    EXPECT_EQ(limit.judge(2.800, 0.001), Verdict::pass);
    EXPECT_EQ(limit.judge(2.8045, 0.001), Verdict::inconclusive);
    EXPECT_EQ(limit.judge(2.8055, 0.001), Verdict::inconclusive);
    EXPECT_EQ(limit.judge(2.807, 0.001), Verdict::fail);
    EXPECT_EQ(limit.judge(2.793, 0.001), Verdict::fail);
    EXPECT_EQ(limit.judge(2.7955, 0.001), Verdict::inconclusive);
}

TEST(Limit, AnIntervalWiderThanTheBandIsInconclusiveNotFail) {
    EXPECT_EQ(band(2.795, 2.805).judge(2.800, 0.02), Verdict::inconclusive);
}

TEST(Limit, SimpleAcceptanceLooksAtTheValueAlone) {
    const Limit limit = band(2.795, 2.805, Acceptance::simple);
    EXPECT_EQ(limit.judge(2.805, 0.5), Verdict::pass);
    EXPECT_EQ(limit.judge(2.8051, 0.5), Verdict::fail);
}

TEST(Limit, RelaxedAcceptanceFailsOnlyWhatIsOutsideWithAllItsUncertainty) {
    const Limit limit = band(30, 31, Acceptance::relaxed);
    EXPECT_EQ(limit.judge(29.999999735, 0.01), Verdict::pass);
    EXPECT_EQ(limit.judge(29.9901, 0.01), Verdict::pass);
    EXPECT_EQ(limit.judge(29.9899, 0.01), Verdict::fail);
    EXPECT_EQ(limit.judge(31.0099, 0.01), Verdict::pass);
    EXPECT_EQ(limit.judge(31.0101, 0.01), Verdict::fail);
    EXPECT_EQ(limit.judge(30.5, 5), Verdict::pass);
    EXPECT_EQ(limit.judge(30, 0), Verdict::pass);
}

TEST(Limit, BothEndsBelongToTheBand) {
    EXPECT_EQ(band(30, 31).judge(30, 0), Verdict::pass);
    EXPECT_EQ(band(30, 31).judge(31, 0), Verdict::pass);
    EXPECT_EQ(band(30, 31).judge(std::nextafter(30.0, 0.0), 0), Verdict::fail);
}

TEST(Limit, OneEndLeavesTheOtherSideFree) {
    Limit limit{"lead", Unit::second, 30.0, std::nullopt};
    EXPECT_EQ(limit.judge(1e9, 0), Verdict::pass);
    EXPECT_EQ(limit.judge(29.5, 0), Verdict::fail);
    EXPECT_EQ(limit.describe(), ">= 30 s");
    limit = {"reaction", Unit::second, std::nullopt, 1.0};
    EXPECT_EQ(limit.judge(-5, 0), Verdict::pass);
    EXPECT_EQ(limit.judge(1.1, 0), Verdict::fail);
    EXPECT_EQ(limit.describe(), "<= 1 s");
}

TEST(Limit, WithoutEndsItOnlyRecords) {
    const Limit limit{"return_temperature", Unit::celsius};
    EXPECT_TRUE(limit.records_only());
    EXPECT_EQ(limit.judge(-273, 100), Verdict::pass);
    EXPECT_EQ(limit.describe(), "recorded only");
}

TEST(Limit, WhatIsNoNumberCannotBeJudged) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_THROW((void)band(1, 2).judge(nan, 0), Error);
    EXPECT_THROW((void)band(1, 2).judge(infinity, 0), Error);
    EXPECT_THROW((void)band(1, 2).judge(1.5, nan), Error);
    EXPECT_THROW((void)band(1, 2).judge(1.5, -0.1), Error);
}

TEST(Measurement, DescribesItselfWithLimitAndVerdict) {
    Measurement measurement{"threshold",   2.779,     0.0015,  band(2.795, 2.805),
                            Verdict::fail, Instant{}, "cell 3"};
    EXPECT_EQ(measurement.describe(),
              "threshold = 2.779 V +/- 0.0015 V, limit 2.795 V .. 2.805 V: fail (cell 3)");
    measurement = {"return", 48, 0, {"return", Unit::celsius}, Verdict::pass, Instant{}, ""};
    EXPECT_EQ(measurement.describe(), "return = 48 degC, recorded only: pass");
}

}  // namespace
}  // namespace bmsrig
