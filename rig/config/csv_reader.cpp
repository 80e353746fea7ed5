#include "rig/config/csv_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "rig/config/text_file.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

class CsvParser {
  public:
    CsvParser(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

    /// The next row that is not an empty line; false at the end.
    bool next(CsvRow& row) {
        while (at_ < text_.size() && end_of_line()) {
        }
        if (at_ == text_.size()) return false;
        row = CsvRow{line_, {}};
        do {
            row.fields.push_back(take('"') ? quoted_field() : plain_field());
        } while (take(','));
        if (at_ < text_.size() && !end_of_line()) {
            refuse(line_,
                   "text stands behind a closing quote; expected a comma or the end of the line (a "
                   "quote "
                   "inside a field is written twice)");
        }
        return true;
    }

  private:
    [[noreturn]] void refuse(int line, const std::string& problem) const {
        throw InputError(file_, line, problem);
    }

    bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        if (c == '\n') ++line_;
        return true;
    }

    bool end_of_line() {
        if (text_.substr(at_).starts_with("\r\n")) ++at_;
        return take('\n');
    }

    std::string plain_field() {
        const std::size_t end = std::min(text_.find_first_of(",\n\"", at_), text_.size());
        if (end < text_.size() && text_[end] == '"') {
            refuse(line_, "a quote stands inside a field that does not begin with one");
        }
        std::string field(text_.substr(at_, end - at_));
        at_ = end;
        if (end == text_.size() || text_[end] == '\n') {
            if (field.ends_with('\r')) field.pop_back();
        }
        return field;
    }

    std::string quoted_field() {
        const int opened = line_;
        std::string field;
        while (at_ < text_.size()) {
            if (take('"')) {
                if (!take('"')) return field;
                field += '"';
                continue;
            }
            const char c = text_[at_];
            static_cast<void>(take(c));  // counts the lines
            field += c;
        }
        refuse(opened, "a quote is opened here and never closed");
    }

    std::string file_;
    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
};

}  // namespace

std::vector<CsvRow> read_csv(const std::filesystem::path& file,
                             const std::vector<std::string>& columns) {
    const std::string text = read_text_file(file);
    const std::string name = file.string();
    CsvParser parser(name, text);
    CsvRow row;
    if (!parser.next(row) || row.fields != columns) {
        throw InputError(
            name, 1,
            "the columns are " + in_quotes(joined(row.fields)) + "; expected: " + joined(columns));
    }
    std::vector<CsvRow> rows;
    while (parser.next(row)) {
        if (row.fields.size() != columns.size()) {
            throw InputError(name, row.line,
                             "the row has " + std::to_string(row.fields.size()) +
                                 " fields; expected " + std::to_string(columns.size()) + ": " +
                                 joined(columns));
        }
        rows.push_back(row);
    }
    return rows;
}

}  // namespace bmsrig
