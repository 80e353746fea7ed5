// The line driver of real contacts: relays at the outputs of a GPIO chip.
#pragma once

#include <memory>

#include "drivers/gpio/gpio_chip.h"
#include "rig/config/bench.h"
#include "rig/driver_context.h"

namespace bmsrig {

/// Makes a LineDriver; README.md has its options. Its contacts go to their safe positions when it
/// ends, before the lines are released.
std::unique_ptr<Instrument> make_gpio_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context);
/// The same with the chips of a test.
std::unique_ptr<Instrument> make_gpio_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context, GpioSystem& system);

}  // namespace bmsrig
