// The requirements of a product: what every test is traced to.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

/// A line of requirements.csv.
struct Requirement {
    std::string id;
    std::string title;
    std::string text;
    std::string observe;
    std::string kind;  ///< "verify": pass or fail; "characterise": only recorded, never a failure
    std::string source;
};

/// Reads requirements.csv, columns id, title, requirement, observe, kind, source. Throws InputError
/// with file and line; an id stands once, of [A-Z0-9-], and no field but `observe` is empty.
std::vector<Requirement> read_requirements(const std::filesystem::path& file);

/// nullptr if there is none of this id.
const Requirement* find_requirement(const std::vector<Requirement>& requirements,
                                    std::string_view id);

}  // namespace bmsrig
