// For tests of the guard: what an instrument understands as "output off".
#pragma once

#include <string_view>

namespace bmsrig {

constexpr std::string_view safe_command = "OUTP OFF";

}  // namespace bmsrig
