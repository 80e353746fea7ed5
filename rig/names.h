// "Did you mean": names that are like the one somebody wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

/// "did you mean \"load\"?" where one of the known names is close, otherwise "there are: a, b, c".
std::string suggest(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace bmsrig
