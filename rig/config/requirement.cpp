#include "rig/config/requirement.h"

#include <algorithm>
#include <map>

#include "rig/config/csv_reader.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

const std::vector<std::string> columns{"id", "title", "requirement", "observe", "kind", "source"};

bool is_id(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Requirement requirement_of(const std::string& file, const CsvRow& row) {
    Requirement made{row.fields[0], row.fields[1], row.fields[2],
                     row.fields[3], row.fields[4], row.fields[5]};
    if (!is_id(made.id)) {
        throw InputError(
            file, row.line,
            in_quotes(made.id) +
                " is no id; expected capital letters, digits and -, such as VSB-LOAD-UV");
    }
    if (made.kind != "verify" && made.kind != "characterise") {
        throw InputError(file, row.line,
                         made.id + ": the kind is " + in_quotes(made.kind) +
                             "; expected verify or characterise");
    }
    for (const std::size_t needed : {1U, 2U, 5U}) {
        if (row.fields[needed].empty()) {
            throw InputError(file, row.line,
                             made.id + ": the column \"" + columns[needed] + "\" is empty");
        }
    }
    return made;
}

}  // namespace

std::vector<Requirement> read_requirements(const std::filesystem::path& file) {
    const std::string name = file.string();
    std::vector<Requirement> requirements;
    std::map<std::string, int> lines;
    for (const CsvRow& row : read_csv(file, columns)) {
        requirements.push_back(requirement_of(name, row));
        const auto [first, is_new] = lines.emplace(requirements.back().id, row.line);
        if (!is_new) {
            throw InputError(name, row.line,
                             "the requirement " + first->first + " stands twice, first in line " +
                                 std::to_string(first->second));
        }
    }
    if (requirements.empty()) {
        throw InputError(name, 1, "there is no requirement below the columns");
    }
    return requirements;
}

const Requirement* find_requirement(const std::vector<Requirement>& requirements,
                                    std::string_view id) {
    const auto found = std::ranges::find(requirements, id, &Requirement::id);
    return found == requirements.end() ? nullptr : &*found;
}

}  // namespace bmsrig
