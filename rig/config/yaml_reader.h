// YAML files as the rig reads them: every value knows its file and line, and nothing is taken that
// nobody knows. A plain subset: no anchors, aliases, tags or second documents.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rig/quantity.h"
#include "rig/time.h"

namespace bmsrig {

/// A value of a YAML file. What asks for something that the file does not have throws InputError:
/// "<file>:<line>: what was found, what was expected".
class YamlNode {
  public:
    enum class Kind : unsigned char { empty, scalar, sequence, mapping };

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] const std::string& file() const { return *file_; }
    /// Counts from 1: of a scalar where it begins; of a mapping, a list or an empty value where its
    /// key stands.
    [[nodiscard]] int line() const { return line_; }
    /// The last part of the path; the key by which a mapping has it.
    [[nodiscard]] const std::string& key() const { return key_; }
    /// Where in the file: "baseline.cells", "products[2]".
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Throws InputError with the file, this value's line and path, and `problem`.
    [[noreturn]] void refuse(const std::string& problem) const;

    /// A scalar that is not empty.
    [[nodiscard]] const std::string& text() const;
    /// A scalar that is one of these words.
    [[nodiscard]] const std::string& word(const std::vector<std::string>& words) const;
    [[nodiscard]] bool boolean() const;  ///< true or false
    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
    [[nodiscard]] Quantity quantity() const;
    /// A number in this unit, in the base unit.
    [[nodiscard]] double number(Unit unit) const;
    [[nodiscard]] Duration duration() const;  ///< a time of zero or more

    [[nodiscard]] const std::vector<YamlNode>& items() const;  ///< of a list
    [[nodiscard]] const std::vector<YamlNode>& entries()
        const;  ///< of a mapping, in the order of the file
    /// Refuses a key that is none of these, naming the nearest.
    void allow_keys(const std::vector<std::string>& known) const;
    [[nodiscard]] const YamlNode& at(std::string_view key) const;
    [[nodiscard]] const YamlNode* find(
        std::string_view key) const;  ///< nullptr if the mapping has no such key

  private:
    friend class YamlBuilder;
    [[noreturn]] void expected(const std::string& what) const;

    Kind kind_ = Kind::empty;
    std::shared_ptr<const std::string> file_;
    int line_ = 0;
    int key_line_ = 0;
    std::string key_;
    std::string path_;
    std::string text_;
    std::vector<YamlNode> children_;
};

/// Reads a file whose top is a mapping. Throws InputError if the file cannot be read, is not
/// correct YAML, or names a key twice.
YamlNode read_yaml(const std::filesystem::path& file);

/// The same of a text that is at hand; messages call it `name`.
YamlNode parse_yaml(std::string text, const std::string& name);

/// The same of a file that begins with `format: 1`; refuses a format from the future before any key
/// it may have brought.
YamlNode read_yaml_format(const std::filesystem::path& file,
                          const std::vector<std::string>& known_keys);

/// "unknown <what> "colour"; did you mean "color"? Known: color, size".
std::string unknown_name(std::string_view what, std::string_view wrong,
                         const std::vector<std::string>& known);

/// What a file says, on one line and not longer than that: for messages.
std::string shortened(std::string_view text);
std::string in_quotes(std::string_view text);

/// Names of signals, ports, instruments, settings and limits: lower case, [a-z0-9_.].
bool is_name(std::string_view text);

/// "a, b, c".
std::string joined(const std::vector<std::string>& words);

}  // namespace bmsrig
