#include "drivers/gpio/find_chip.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "drivers/gpio/gpio_options.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

struct Seen {
    std::string path;
    std::unique_ptr<GpioChip> chip;  // nullptr: it could not be opened
    int error = 0;
};

std::vector<Seen> look(GpioSystem& system) {
    std::vector<Seen> chips;
    for (const std::string& path : system.paths()) {
        Seen& seen = chips.emplace_back(Seen{path, nullptr});
        try {
            seen.chip = system.open(path);
        } catch (const std::system_error& problem) {
            seen.error = problem.code().value();
        }
    }
    return chips;
}

std::string in_words(const Seen& seen) {
    if (!seen.chip) return seen.path + " (" + std::generic_category().message(seen.error) + ")";
    return seen.path + " (" + seen.chip->label() + ", " + std::to_string(seen.chip->lines()) +
           " lines)";
}

std::string all_in_words(const std::vector<Seen>& chips) {
    if (chips.empty()) {
        return "this machine has none: is it plugged in, and its driver loaded?";
    }
    std::string list = "this machine has ";
    for (const Seen& seen : chips) list += (&seen == chips.data() ? "" : ", ") + in_words(seen);
    return list;
}

[[noreturn]] void cannot_open(const InstrumentSpec& spec, const Seen& seen) {
    const bool forbidden = seen.error == EACCES || seen.error == EPERM;
    throw InstrumentError(
        "instrument \"" + spec.name + "\": " + seen.path + " could not be opened (" +
        std::generic_category().message(seen.error) + "); " +
        (forbidden ? std::string(permission_advice) : "see the kernel's log (dmesg) for more"));
}

}  // namespace

std::unique_ptr<GpioChip> find_chip(InstrumentSpec& spec, GpioSystem& system) {
    const std::string wanted = spec.word("chip", "");
    std::vector<Seen> chips = look(system);
    std::vector<Seen*> fitting;
    for (Seen& seen : chips) {
        const bool called_so = seen.path == wanted || seen.path == "/dev/" + wanted;
        if (called_so || (seen.chip && seen.chip->label() == wanted)) fitting.push_back(&seen);
    }
    if (fitting.size() == 1 && !fitting.front()->chip) cannot_open(spec, *fitting.front());
    if (fitting.size() > 1) {
        refuse_option(spec, "chip",
                      "one chip, but several have this label; " + all_in_words(chips));
    }
    if (fitting.empty()) {
        const std::string expected = "a GPIO chip by path, name or label; " + all_in_words(chips);
        if (wanted.empty()) refuse_option(spec, "chip", expected);
        throw InstrumentError(wrong_option(spec, "chip", expected));  // it may come back
    }
    return std::move(fitting.front()->chip);
}

}  // namespace bmsrig
