// The options that drivers of GPIO lines have in common, as a bench file says them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rig/config/bench.h"

namespace bmsrig {

/// File and line of the option, or of the instrument if it says none; what it says; what is
/// expected in its place.
std::string wrong_option(const InstrumentSpec& spec, std::string_view key,
                         const std::string& expected);
/// Throws InputError that says so.
[[noreturn]] void refuse_option(const InstrumentSpec& spec, std::string_view key,
                                const std::string& expected);

/// Words with spaces between them; none if the file says nothing.
std::vector<std::string> words_of(InstrumentSpec& spec, std::string_view key);

/// Lines by name or offset, one for each channel: 1 to 64, none of them twice.
std::vector<std::string> lines_of(InstrumentSpec& spec, std::string_view key);

/// "none" (unless said), "all", or some of `lines`: which of them.
std::vector<bool> which_of(InstrumentSpec& spec, std::string_view key,
                           const std::vector<std::string>& lines);

/// What people wrote on a chip that tells nothing of itself.
struct GpioPaperwork {
    std::string serial_number;
    std::string calibrated;
};
GpioPaperwork paperwork_of(InstrumentSpec& spec);

}  // namespace bmsrig
