#include "rig/random_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace bmsrig {
namespace {

std::vector<double> draws(RandomSource source, int count) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(source.symmetric());
    return values;
}

TEST(RandomSourceTest, EqualNamesAndSeedsGiveEqualNumbers) {
    EXPECT_EQ(draws({1, "cells", 3, "output"}, 100), draws({1, "cells", 3, "output"}, 100));
}

TEST(RandomSourceTest, EverythingThatNamesAStreamMakesAnotherOne) {
    const auto reference = draws({1, "cells", 3, "output"}, 8);
    EXPECT_NE(reference, draws({2, "cells", 3, "output"}, 8));
    EXPECT_NE(reference, draws({1, "cell", 3, "output"}, 8));
    EXPECT_NE(reference, draws({1, "cells", 4, "output"}, 8));
    EXPECT_NE(reference, draws({1, "cells", 3, "reading"}, 8));
    EXPECT_NE(draws({1, "ab", 1, "c"}, 8), draws({1, "a", 1, "bc"}, 8));
}

TEST(RandomSourceTest, SymmetricIsEvenlySpreadOverMinusOneToOne) {
    auto values = draws({5, "cells", 1, "calibration"}, 100000);
    const auto [least, most] = std::ranges::minmax(values);
    EXPECT_GE(least, -1);
    EXPECT_LE(most, 1);
    // The k-th of n even numbers stands at -1 + 2k/n, give or take a few times 1/sqrt(n).
    std::ranges::sort(values);
    for (const double part : {0.1, 0.25, 0.5, 0.75, 0.9}) {
        EXPECT_NEAR(values[static_cast<std::size_t>(part * 1e5)], 2 * part - 1, 0.015);
    }
}

TEST(RandomSourceTest, NoiseHasMeanZeroDeviationOneAndABound) {
    RandomSource source(9, "cells", 1, "output");
    constexpr int count = 200000;
    double sum = 0;
    double squares = 0;
    int within_one = 0;
    int within_two = 0;
    for (int i = 0; i < count; ++i) {
        const double value = source.noise();
        ASSERT_LE(std::abs(value), RandomSource::noise_bound);
        sum += value;
        squares += value * value;
        within_one += std::abs(value) <= 1 ? 1 : 0;
        within_two += std::abs(value) <= 2 ? 1 : 0;
    }
    EXPECT_NEAR(sum / count, 0, 0.01);
    EXPECT_NEAR(std::sqrt(squares / count), 1, 0.01);
    // Of the normal distribution: 68.27 % and 95.45 %.
    EXPECT_NEAR(static_cast<double>(within_one) / count, 0.6827, 0.01);
    EXPECT_NEAR(static_cast<double>(within_two) / count, 0.9545, 0.005);
}

TEST(RandomSourceTest, NeighbouringChannelsAreIndependent) {
    RandomSource one(1, "cells", 1, "output");
    RandomSource two(1, "cells", 2, "output");
    constexpr int count = 50000;
    double products = 0;
    for (int i = 0; i < count; ++i) products += one.noise() * two.noise();
    EXPECT_NEAR(products / count, 0, 0.02);
}

}  // namespace
}  // namespace bmsrig
