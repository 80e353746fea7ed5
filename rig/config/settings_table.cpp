#include "rig/config/settings_table.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "rig/config/csv_reader.h"
#include "rig/error.h"
#include "rig/names.h"
#include "rig/quantity.h"

namespace bmsrig {

namespace {

const std::vector<std::string>& columns() {
    static const std::vector<std::string> names{
        "mnemonic", "group",    "access",  "type",   "unit",   "minimum", "maximum",
        "default",  "decimals", "choices", "counts", "source", "note"};
    return names;
}
enum Column : std::size_t { mnemonic, group, access, type, unit, minimum, maximum, standard };
constexpr std::size_t choices = 9;
constexpr std::size_t source = 11;

double number(const std::filesystem::path& file, const CsvRow& row, std::size_t column) {
    try {
        return parse_quantity(row.fields[column]).value;
    } catch (const InputError&) {
        throw InputError(file.string(), row.line,
                         row.fields[mnemonic] + ": the " + columns()[column] + " is \"" +
                             row.fields[column] + "\"; expected a number");
    }
}

/// The ends of the intervals of "0-4 128-132 9".
std::vector<std::pair<double, double>> intervals(const std::filesystem::path& file,
                                                 const CsvRow& row) {
    std::vector<std::pair<double, double>> found;
    std::istringstream words(row.fields[choices]);
    for (std::string word; words >> word;) {
        const auto dash = word.find('-');
        try {
            const double first = parse_quantity(word.substr(0, dash)).value;
            const double last =
                dash == std::string::npos ? first : parse_quantity(word.substr(dash + 1)).value;
            found.emplace_back(first, last);
        } catch (const InputError&) {
            throw InputError(file.string(), row.line,
                             row.fields[mnemonic] + ": the choices have \"" + word +
                                 "\"; expected whole numbers such as 7 or 0-4");
        }
    }
    return found;
}

}  // namespace

std::vector<SettingSpec> read_settings_table(const std::filesystem::path& file) {
    std::vector<SettingSpec> specs;
    for (const CsvRow& row : read_csv(file, columns())) {
        const bool is_number = row.fields[type] == "float" || row.fields[type] == "integer";
        if (row.fields[access] != "RW" || !is_number) continue;
        SettingSpec spec;
        spec.name = lower_case(row.fields[mnemonic]);
        spec.unit = find_unit(row.fields[unit]).value_or(Unit::none);
        spec.low = number(file, row, minimum);
        spec.high = number(file, row, maximum);
        spec.is_whole = row.fields[type] == "integer";
        spec.intervals = intervals(file, row);
        spec.default_text = format_number(number(file, row, standard));
        spec.source = row.fields[source];
        specs.push_back(std::move(spec));
    }
    return specs;
}

}  // namespace bmsrig
