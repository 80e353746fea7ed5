// The drivers of GPIO lines on scripted chips, for their contracts: channel 1 is LINE_0, and so on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "drivers/contract/contract.h"
#include "drivers/gpio/gpio_line_bank.h"
#include "drivers/gpio/gpio_line_driver.h"
#include "drivers/gpio/testing/scripted_gpio.h"

namespace bmsrig {

/// Drives scripted lines at the scheduler's time. A GPIO input has two levels: what is
/// indeterminate leaves it where it was.
class ScriptedWires final : public SenseTerminals {
  public:
    explicit ScriptedWires(const DriverContext& context)
        : scheduler_(context.scheduler), reactor_(*context.reactor) {}

    ScriptedGpio& gpio() { return gpio_; }
    void drive(int channel, LineLevel level) override {
        if (level == LineLevel::indeterminate) return;
        gpio_.drive(static_cast<unsigned>(channel) - 1, level == LineLevel::active,
                    stamp_of(reactor_, scheduler_.now()));
        reactor_.io().poll();
    }
    void on_bias_change(std::function<void(int channel, Bias bias)> /*listener*/) override {}

  private:
    Scheduler& scheduler_;
    Reactor& reactor_;
    ScriptedGpio gpio_;
};

using MakeGpio = std::unique_ptr<Instrument> (*)(InstrumentSpec& spec, const DriverContext& context,
                                                 GpioSystem& system);

inline DriverCase on_scripted_chip(const std::string& driver, MakeGpio make) {
    return {driver,
            {{"chip", "scripted"}, {"lines", "LINE_0 LINE_1 LINE_2 LINE_3"}},
            ClockKind::virtual_time,
            [make](InstrumentSpec spec, const DriverContext& context) {
                auto wires = std::make_shared<ScriptedWires>(context);
                auto instrument = make(spec, context, wires->gpio());
                spec.finish();
                return Wired{std::move(wires), std::move(instrument)};
            }};
}
inline DriverCase scripted_gpio_line_bank() {
    return on_scripted_chip("gpio_line_bank", make_gpio_line_bank);
}
inline DriverCase scripted_gpio_line_driver() {
    return on_scripted_chip("gpio_line_driver", make_gpio_line_driver);
}

}  // namespace bmsrig
