// Comma-separated files (RFC 4180): quoted fields, each row with the line at which it begins.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bmsrig {

struct CsvRow {
    int line = 0;
    std::vector<std::string> fields;
};

/// Reads the rows below the header. Throws InputError if the file cannot be read, its header is not
/// these columns, a row has more or fewer fields, or a quote is not closed.
std::vector<CsvRow> read_csv(const std::filesystem::path& file,
                             const std::vector<std::string>& columns);

}  // namespace bmsrig
