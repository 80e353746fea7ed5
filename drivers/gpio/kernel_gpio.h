// What both versions of libgpiod have in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "drivers/gpio/gpio_chip.h"

namespace bmsrig {

/// Throws std::system_error with errno.
[[noreturn]] void throw_errno(std::string_view call);
/// Reading what waits must not wait for more.
void set_non_blocking(int descriptor);

/// By the version that was built.
std::unique_ptr<GpioChip> open_kernel_chip(const std::string& path);
std::string libgpiod_version();

}  // namespace bmsrig
