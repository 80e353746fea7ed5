// "Did you mean": names that are like the one somebody wrote.
#pragma once

#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

/// "did you mean \"load\"?" where one of the known names is close, otherwise "there are: a, b, c".
std::string suggest(std::string_view wrong, const std::vector<std::string>& known);

/// "CMAX" -> "cmax"; ASCII alone.
std::string lower_case(std::string_view text);

/// The names of all members of a range: `names_of(nets, &LineNet::name)`.
template <typename Range, typename Name>
std::vector<std::string> names_of(const Range& range, Name name) {
    std::vector<std::string> names;
    names.reserve(std::size(range));
    for (const auto& each : range) names.emplace_back(std::invoke(name, each));
    return names;
}

}  // namespace bmsrig
