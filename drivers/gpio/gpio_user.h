// A GPIO chip as one instrument uses it: found by what people call it, and with what goes wrong
// said so that a technician knows what to do.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/gpio/gpio_chip.h"
#include "drivers/gpio/gpio_options.h"
#include "rig/config/bench.h"
#include "rig/instruments/instrument.h"

namespace bmsrig {

class GpioUser {
  public:
    /// Takes the options `chip` (path, name or label), `serial_number` and `calibrated`. Throws
    /// InputError if there is no such chip, InstrumentError if it cannot be opened.
    GpioUser(InstrumentSpec& spec, GpioSystem& system);

    [[nodiscard]] const std::string& instrument() const { return instrument_; }
    [[nodiscard]] std::string path() const { return chip_->path(); }
    [[nodiscard]] Identity identity() const;

    /// The lines that an option names, by name or offset. Throws InputError naming those that are
    /// like it.
    std::vector<unsigned> find(const InstrumentSpec& spec, std::string_view key,
                               const std::vector<std::string>& lines);
    /// These throw InstrumentError that says who holds the line or what else is in the way.
    std::unique_ptr<GpioInput> input(unsigned offset, const GpioInputSettings& settings);
    std::unique_ptr<GpioOutput> output(unsigned offset, bool active_low, bool active);
    /// Does something with a line; throws InstrumentError for a std::system_error.
    void run(unsigned offset, const char* doing, const std::function<void()>& action) const;

  private:
    [[nodiscard]] std::string in_the_way(unsigned offset, int error) const;
    [[nodiscard]] std::string line_in_words(unsigned offset) const;

    std::string instrument_;
    GpioPaperwork paperwork_;
    std::string library_;
    std::unique_ptr<GpioChip> chip_;
};

}  // namespace bmsrig
