// What a test may ask of a bench that not every bench has the means for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

struct Ability {
    std::string_view name;     ///< as a bench file's `cannot:` and BenchCannot have it
    std::string_view meaning;  ///< ends "this bench cannot ..."
};

/// All there are; the one list.
const std::vector<Ability>& known_abilities();
std::vector<std::string> ability_names();

}  // namespace bmsrig
