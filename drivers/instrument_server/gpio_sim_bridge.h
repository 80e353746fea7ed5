// Virtual line banks and line drivers on the lines of a simulated GPIO chip (gpio-sim).
#pragma once

#include <memory>

#include "drivers/instrument_server/bridge.h"

namespace bmsrig {

/// Puts what a virtual line bank reads onto the chip's lines, and tells the bank which resistors
/// the rig joins. A level that is indeterminate leaves a line to its resistor.
///
/// | option     | default | meaning |
/// |------------|---------|---|
/// | chip       |         | path, name or label of a simulated chip |
/// | lines      |         | by name or offset, one for each channel |
/// | bias       | kernel  | which resistors the rig joins: `kernel` or `outputs`, see below |
/// | pull_up, pull_down |  | with `outputs`: these, one for each channel |
/// | poll       | 10 ms   | how often outputs are looked at; 1 .. 10 ms |
/// | stamp_uncertainty | 5 ms | what the rig is told of the edges' stamps |
///
/// `kernel`: the pin's own, told by the kernel at once; a line that is driven against it shows it
/// for a moment. `outputs`: behind outputs of the chip. Stamps come from here, and as late as this
/// process.
std::unique_ptr<Bridge> make_gpio_line_bank_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                   const BridgeContext& context);

/// Moves the contacts of a virtual line driver as the outputs `lines` of the chip `chip` say,
/// looking at them each `poll` (10 ms).
std::unique_ptr<Bridge> make_gpio_line_driver_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                     const BridgeContext& context);

}  // namespace bmsrig
