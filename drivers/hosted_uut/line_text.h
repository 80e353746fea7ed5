// Texts as the lines between a rig and a UUT's host carry them.
#pragma once

#include <string>
#include <string_view>

namespace bmsrig {

/// On one line: a backslash and a line end become \\ and \n.
std::string on_one_line(std::string_view text);
/// The inverse.
std::string from_one_line(std::string_view line);

}  // namespace bmsrig
