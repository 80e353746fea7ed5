#include "drivers/gpio/kernel_gpio.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace bmsrig {

namespace {

class KernelGpio final : public GpioSystem {
  public:
    std::vector<std::string> paths() override {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator("/dev")) {
            if (entry.path().filename().string().starts_with("gpiochip")) {
                found.push_back(entry.path().string());
            }
        }
        // gpiochip10 comes after gpiochip9.
        std::ranges::sort(found, {},
                          [](const std::string& path) { return std::pair{path.size(), path}; });
        return found;
    }
    std::unique_ptr<GpioChip> open(const std::string& path) override {
        return open_kernel_chip(path);
    }
    [[nodiscard]] std::string library() const override { return "libgpiod " + libgpiod_version(); }
};

}  // namespace

void throw_errno(std::string_view call) {
    throw std::system_error(errno, std::generic_category(), std::string(call));
}

void set_non_blocking(int descriptor) {
    const int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) throw_errno("fcntl");
}

GpioSystem& kernel_gpio() {
    static KernelGpio system;
    return system;
}

}  // namespace bmsrig
