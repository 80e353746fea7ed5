// The CAN interfaces that tests of the kernel are given, by the environment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace bmsrig {

/// The names in a variable, separated by commas; none if it is not set.
inline std::vector<std::string> names_in(const char* variable) {
    std::vector<std::string> names;
    const char* value = std::getenv(variable);
    std::istringstream text(value == nullptr ? "" : value);
    for (std::string name; std::getline(text, name, ',');) names.push_back(name);
    return names;
}

/// A test that needs `count` names in a variable, and is skipped where there are fewer.
class KernelTest : public testing::Test {
  protected:
    KernelTest(const char* variable, std::size_t count)
        : variable_(variable), count_(count), names(names_in(variable)) {}
    void SetUp() override {
        if (names.size() < count_) {
            GTEST_SKIP() << variable_ << " does not name " << count_
                         << " of them; see .ci/kernel/README.md";
        }
    }

  private:
    const char* variable_;
    std::size_t count_;

  protected:
    std::vector<std::string> names;
};

}  // namespace bmsrig
