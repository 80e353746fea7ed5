// The line bank of real lines: inputs of a GPIO chip.
#pragma once

#include <memory>

#include "drivers/gpio/gpio_chip.h"
#include "rig/config/bench.h"
#include "rig/driver_context.h"

namespace bmsrig {

/// Makes a LineBank; README.md has its options. A GPIO input has two levels: it never reads
/// indeterminate, but what its input stage makes of a voltage between the thresholds.
std::unique_ptr<Instrument> make_gpio_line_bank(InstrumentSpec& spec, const DriverContext& context);
/// The same with the chips of a test.
std::unique_ptr<Instrument> make_gpio_line_bank(InstrumentSpec& spec, const DriverContext& context,
                                                GpioSystem& system);

}  // namespace bmsrig
