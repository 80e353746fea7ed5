// A simulated chip of its own, whose line 1 is held by a hog, as a device tree may have it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace bmsrig {

class SimulatedHog {
  public:
    SimulatedHog() {
        std::error_code problem;
        std::filesystem::create_directory(folder_, problem);
        if (problem) return;
        std::filesystem::create_directory(folder_ / "bank0");
        write("bank0/num_lines", "4");
        std::filesystem::create_directory(folder_ / "bank0/line1");
        std::filesystem::create_directory(folder_ / "bank0/line1/hog");
        write("bank0/line1/hog/name", "watchdog");
        write("bank0/line1/hog/direction", "output-high");
        write("live", "1");
        std::ifstream(folder_ / "bank0/chip_name") >> chip_;
    }
    ~SimulatedHog() {
        if (chip_.empty()) return;
        write("live", "0");
        for (const char* part : {"bank0/line1/hog", "bank0/line1", "bank0", ""}) {
            std::error_code ignored;
            std::filesystem::remove(folder_ / part, ignored);
        }
    }
    SimulatedHog(const SimulatedHog&) = delete;
    SimulatedHog& operator=(const SimulatedHog&) = delete;

    [[nodiscard]] bool is_there() const { return !chip_.empty(); }
    [[nodiscard]] const std::string& chip() const { return chip_; }

  private:
    void write(const char* file, const char* text) const { std::ofstream(folder_ / file) << text; }

    std::filesystem::path folder_ = "/sys/kernel/config/gpio-sim/bmsrig_hog";
    std::string chip_;
};

}  // namespace bmsrig
