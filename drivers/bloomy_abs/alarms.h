// The alarms of a Bloomy ABS (include/bci/abs/CommonTypes.h of the maker's own driver).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bmsrig::bloomy_abs {

/// What an answer to SYST:ALARM? says, in words; nothing if there is no alarm.
std::optional<std::string> alarms_in(std::string_view answer);

}  // namespace bmsrig::bloomy_abs
