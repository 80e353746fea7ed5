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

/// A virtual CAN interface that a test plugs in and pulls out.
class PluggedInterface {
  public:
    PluggedInterface() { plug(); }
    ~PluggedInterface() { static_cast<void>(ip("link del " + name())); }
    PluggedInterface(const PluggedInterface&) = delete;
    PluggedInterface& operator=(const PluggedInterface&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    /// False: this machine has no such interfaces, or the user may not make any.
    [[nodiscard]] bool is_there() const { return is_there_; }
    void plug() { is_there_ = ip("link add " + name() + " type vcan") && set("up"); }
    void pull() { EXPECT_TRUE(ip("link del " + name())); }
    bool set(const std::string& up_or_down) { return ip("link set " + name() + " " + up_or_down); }

  private:
    static bool ip(const std::string& arguments) {
        // NOLINTNEXTLINE(bugprone-command-processor): what a technician's hand does
        return std::system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;
    }
    std::string name_ = "bmsrig_plug";
    bool is_there_ = false;
};

}  // namespace bmsrig
