// A bench file and those that it is based on, as if they were one.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "rig/config/yaml_reader.h"

namespace bmsrig {

/// What a file does not say itself comes from the one that its `based_on` names, and so on. Every
/// value still knows the file and the line in which it stands.
class BenchChain {
  public:
    /// Longer than that, and nobody finds where a value comes from.
    static constexpr std::size_t most_files = 4;

    /// Throws InputError with file and line on a file that is wrong or not there, on one that is
    /// based on itself by whatever way, and on more than most_files.
    static BenchChain read(const std::filesystem::path& file);

    /// The value of the nearest file that has the key; nullptr if none has.
    [[nodiscard]] const YamlNode* find(std::string_view key) const;
    /// The same; throws InputError on the first file if none has the key.
    [[nodiscard]] const YamlNode& at(std::string_view key) const;
    /// The value of the first file alone: what no file takes from another.
    [[nodiscard]] const YamlNode& own(std::string_view key) const { return roots_.front().at(key); }
    /// The entries of this mapping in all files: the base's first, an entry of the same name
    /// replaced as a whole.
    [[nodiscard]] std::vector<YamlNode> merged(std::string_view key) const;

    /// The first file itself, then its base, and so on.
    [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }

  private:
    [[nodiscard]] std::filesystem::path base_of(const YamlNode& name) const;
    std::vector<std::filesystem::path> files_;
    std::vector<YamlNode> roots_;
};

}  // namespace bmsrig
