// The command of a BMS process: from one line of text to its arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rig/link/link.h"

namespace bmsrig::link {

/// Splits a line into words as a shell does: blanks separate; '...' keeps everything; "..." keeps
/// everything but \" and
/// \\; a backslash outside quotes keeps the next character. Nothing else is special: no variables,
/// no patterns. Throws InputError on an open quote or a backslash at the end.
std::vector<std::string> split_command(std::string_view line);

/// The words of the command with its settings appended. Throws InputError if there is no word.
std::vector<std::string> arguments_of(const Command& command);

/// Whether the command is loaded into this process instead of being started.
bool is_shared_object(const std::vector<std::string>& arguments);

/// One line for messages, with words quoted where they need it, no longer than 500 characters.
std::string describe_command(const std::vector<std::string>& arguments);

}  // namespace bmsrig::link
