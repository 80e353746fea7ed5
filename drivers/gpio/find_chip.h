// Finding a GPIO chip by what people call it.
#pragma once

#include <memory>
#include <string_view>

#include "drivers/gpio/gpio_chip.h"
#include "rig/config/bench.h"

namespace bmsrig {

inline constexpr std::string_view permission_advice =
    "add the user to the group that owns it (often gpio: sudo usermod -aG gpio USER, then log in "
    "again), or add a udev rule: SUBSYSTEM==\"gpio\", GROUP=\"gpio\", MODE=\"0660\"";

/// The chip that the option `chip` names by its path, name or label. Throws InputError if it names
/// none or several, InstrumentError if it is not there or cannot be opened; both tell which chips
/// there are.
std::unique_ptr<GpioChip> find_chip(InstrumentSpec& spec, GpioSystem& system);

}  // namespace bmsrig
