#include "drivers/gpio/gpio_user.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "drivers/gpio/find_chip.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

std::vector<std::string> line_names(GpioChip& chip) {
    std::vector<std::string> names;
    for (unsigned offset = 0; offset < chip.lines(); ++offset) {
        std::string name = chip.info(offset).name;
        if (!name.empty()) names.push_back(std::move(name));
    }
    return names;
}

/// A name goes before an offset: somebody may have called a line "7".
std::optional<unsigned> offset_of(GpioChip& chip, const std::string& line) {
    for (unsigned offset = 0; offset < chip.lines(); ++offset) {
        if (chip.info(offset).name == line) return offset;
    }
    unsigned offset = 0;
    const char* end = line.data() + line.size();
    const auto [rest, problem] = std::from_chars(line.data(), end, offset);
    if (problem != std::errc{} || rest != end || offset >= chip.lines()) return std::nullopt;
    return offset;
}

}  // namespace

GpioUser::GpioUser(InstrumentSpec& spec, GpioSystem& system)
    : instrument_(spec.name),
      paperwork_(paperwork_of(spec)),
      library_(system.library()),
      chip_(find_chip(spec, system)) {}

Identity GpioUser::identity() const {
    return {"Linux GPIO", chip_->label().empty() ? chip_->name() : chip_->label(),
            paperwork_.serial_number.empty() ? chip_->name() : paperwork_.serial_number, library_,
            paperwork_.calibrated};
}

std::vector<unsigned> GpioUser::find(const InstrumentSpec& spec, std::string_view key,
                                     const std::vector<std::string>& lines) {
    std::vector<unsigned> offsets;
    for (const std::string& line : lines) {
        const auto offset = offset_of(*chip_, line);
        if (!offset) {
            refuse_option(spec, key,
                          "lines of " + chip_->path() + " (" + chip_->label() + ", offsets 0 to " +
                              std::to_string(chip_->lines() - 1) + "); it has no line " + line +
                              "; of those with a name " + suggest(line, line_names(*chip_)));
        }
        if (std::ranges::find(offsets, *offset) != offsets.end()) {
            refuse_option(spec, key, "each line once, but " + line + " is one of the others");
        }
        offsets.push_back(*offset);
    }
    return offsets;
}

std::unique_ptr<GpioInput> GpioUser::input(unsigned offset, const GpioInputSettings& settings) {
    std::unique_ptr<GpioInput> made;
    run(offset, "requested as an input with edges",
        [&] { made = chip_->request_input(offset, "bmsrig " + instrument_, settings); });
    return made;
}

std::unique_ptr<GpioOutput> GpioUser::output(unsigned offset, bool active_low, bool active) {
    std::unique_ptr<GpioOutput> made;
    run(offset, "requested as an output",
        [&] { made = chip_->request_output(offset, "bmsrig " + instrument_, active_low, active); });
    return made;
}

void GpioUser::run(unsigned offset, const char* doing, const std::function<void()>& action) const {
    try {
        action();
    } catch (const std::system_error& problem) {
        throw InstrumentError("instrument \"" + instrument_ + "\": " + line_in_words(offset) +
                              " could not be " + doing + " (" + problem.what() + "); " +
                              in_the_way(offset, problem.code().value()));
    }
}

std::string GpioUser::line_in_words(unsigned offset) const {
    const std::string line = "line " + std::to_string(offset);
    const std::string of_chip = " of " + chip_->path();
    try {
        const std::string name = chip_->info(offset).name;
        return line + (name.empty() ? "" : " (" + name + ")") + of_chip;
    } catch (const std::system_error&) {  // the chip that fails tells nothing either
        return line + of_chip;
    }
}

std::string GpioUser::in_the_way(unsigned offset, int error) const {
    if (error == EBUSY) {
        std::string consumer;
        try {
            consumer = chip_->info(offset).consumer;
        } catch (const std::system_error&) {
            consumer.clear();
        }
        if (consumer == "interrupt") {
            return "a driver of the kernel uses it as an interrupt: take another line, or that "
                   "device out of the device tree";
        }
        return (consumer.empty() ? std::string("somebody who gives no name")
                                 : "\"" + consumer + "\"") +
               " holds it. If that is a program, end it; if it is a hog or a driver of the kernel, "
               "change the device tree or take another line";
    }
    if (error == ENODEV) {
        return "the chip has gone: was it unplugged, or its driver unloaded? Plug it in again and "
               "start anew";
    }
    if (error == EPERM || error == EACCES) {
        return "this user may not use it; " + std::string(permission_advice);
    }
    if (error == ENOTSUP || error == ENXIO || error == EINVAL) {
        return "the chip or " + library_ +
               " cannot do this: an interrupt on both edges, the resistor (`bias:`) or the "
               "debounce that is asked for";
    }
    return "see the kernel's log (dmesg) for more";
}

}  // namespace bmsrig
