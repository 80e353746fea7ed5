#include "drivers/gpio/gpio_sim.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

std::filesystem::path folder_of(const std::string& chip) {
    return std::filesystem::path("/sys/bus/gpio/devices") / std::filesystem::path(chip).filename();
}

std::filesystem::path line_folder(const std::filesystem::path& chip, std::size_t offset) {
    return chip / ("sim_gpio" + std::to_string(offset));
}

}  // namespace

bool GpioSim::is_one(const std::string& chip) {
    return std::filesystem::exists(line_folder(folder_of(chip), 0));
}

GpioSim::GpioSim(const std::string& chip) : folder_(folder_of(chip)) {
    if (!is_one(chip)) {
        throw InstrumentError(
            chip + " is no simulated GPIO chip: " + folder_.string() +
            " has no folder sim_gpio0. Make one with the kernel's gpio-sim, which "
            "is set up in /sys/kernel/config/gpio-sim");
    }
    for (std::size_t line = 0; std::filesystem::exists(line_folder(folder_, line)); ++line) {
        const auto pull = line_folder(folder_, line) / "pull";
        const auto value = line_folder(folder_, line) / "value";
        pulls_.emplace_back(open(pull.c_str(), O_WRONLY | O_CLOEXEC));
        if (!pulls_.back().is_open()) fail("opened", pull);
        values_.emplace_back(open(value.c_str(), O_RDONLY | O_CLOEXEC));
        if (!values_.back().is_open()) fail("opened", value);
    }
}

void GpioSim::pull(unsigned offset, bool up) {
    const std::string_view text = up ? "pull-up" : "pull-down";
    const ssize_t written = pwrite(pulls_.at(offset).number(), text.data(), text.size(), 0);
    if (std::cmp_not_equal(written, text.size())) {
        fail("written", line_folder(folder_, offset) / "pull");
    }
}

bool GpioSim::value(unsigned offset) const {
    char level = 0;
    if (pread(values_.at(offset).number(), &level, 1, 0) != 1) {
        fail("read", line_folder(folder_, offset) / "value");
    }
    return level == '1';
}

void GpioSim::fail(const std::string& what, const std::filesystem::path& file) const {
    throw InstrumentError(
        file.string() + " could not be " + what + " (" + std::strerror(errno) +
        "); the simulated GPIO chip may have been taken away, or this user may not "
        "write there");
}

}  // namespace bmsrig
