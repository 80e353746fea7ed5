// The resistors of a bank's lines: in the chip's own pins, on the bench behind outputs of the chip,
// or fixed ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/gpio/gpio_user.h"
#include "rig/instruments/line_bank.h"

namespace bmsrig {

/// Joins resistors to lines; channels count from 0 here.
class PullResistors {
  public:
    virtual ~PullResistors() = default;
    PullResistors(const PullResistors&) = delete;
    PullResistors& operator=(const PullResistors&) = delete;

    /// The bias of the pin itself that this one means.
    [[nodiscard]] virtual Bias of_pin(Bias /*wanted*/) const { return Bias::none; }
    /// What is joined at power-on, and in the bank's safe state.
    [[nodiscard]] virtual Bias at_rest(std::size_t /*channel*/) const { return Bias::down; }
    /// Throws BenchCannot ("line_bias") if there is no such resistor.
    virtual void join(std::size_t channel, Bias bias) = 0;

  protected:
    PullResistors() = default;
};

/// Takes the options `bias`, and with it `pull_up`, `pull_down`, `pull_active_low` (outputs) or
/// `fixed_pull_up` (none).
std::unique_ptr<PullResistors> make_pull_resistors(InstrumentSpec& spec, GpioUser& user,
                                                   const std::vector<std::string>& lines);

}  // namespace bmsrig
