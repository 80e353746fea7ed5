// The options of SCPI drivers beyond numbers and words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/scpi/address.h"
#include "rig/config/bench.h"

namespace bmsrig::scpi {

/// The option as it stands, taken; nullptr if there is none.
const DriverOption* find_option(InstrumentSpec& spec, std::string_view key);

/// Throws InputError with the file and line of an option.
[[noreturn]] void refuse_option(const InstrumentSpec& spec, const DriverOption& option,
                                const std::string& problem);

/// The option if it is one of these words. Throws InputError otherwise.
std::string take_word(InstrumentSpec& spec, std::string_view key,
                      const std::vector<std::string>& words, std::string_view otherwise);

/// A list of channels as the instrument numbers them ("101:108,201"). Throws InputError unless
/// there are `count` of them (0: any number), none twice; `otherwise` if the file says nothing.
std::vector<int> take_channels(InstrumentSpec& spec, std::string_view key, std::size_t count,
                               const std::vector<int>& otherwise);

/// first, first + 1, ... last.
std::vector<int> counted(int first, int last);

}  // namespace bmsrig::scpi
