#include "drivers/instrument_server/gpio_sim_lines.h"

#include <utility>

#include "drivers/gpio/gpio_options.h"

namespace bmsrig {

GpioSimLines::GpioSimLines(InstrumentSpec& serve)
    : user_(serve, kernel_gpio()), sim_(user_.path()) {}

std::vector<unsigned> GpioSimLines::take(InstrumentSpec& serve, std::string_view key,
                                         int channels) {
    const std::vector<std::string> lines = lines_of(serve, key);
    if (lines.size() != static_cast<std::size_t>(channels)) {
        refuse_option(serve, key,
                      std::to_string(channels) + " lines, one for each channel of the instrument");
    }
    return user_.find(serve, key, lines);
}

Repeated::Repeated(Scheduler& scheduler, Duration period, std::function<void()> action)
    : scheduler_(scheduler), period_(period), action_(std::move(action)) {
    plan();
}

void Repeated::plan() {
    event_ = scheduler_.schedule(scheduler_.now() + period_, [this] {
        plan();
        action_();
    });
}

}  // namespace bmsrig
