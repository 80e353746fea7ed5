// Files that the rig provides for a UUT's settings: the memory in which a unit keeps what outlives
// a power cycle.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/config/settings.h"

namespace bmsrig {

/// A folder of their own for each rig, removed with it.
class ScratchFiles {
  public:
    ScratchFiles() = default;
    ~ScratchFiles();
    ScratchFiles(const ScratchFiles&) = delete;
    ScratchFiles& operator=(const ScratchFiles&) = delete;

    /// A test begins: the files are gone. Throws Error if one cannot be removed.
    void clear();
    /// Setting and path for every scratch file that these settings have, in their order.
    std::vector<std::pair<std::string, std::string>> arguments(const Settings& settings);
    /// Throws Error naming the scratch files there are.
    [[nodiscard]] std::filesystem::path path(const Settings& settings,
                                             std::string_view setting) const;

  private:
    void make_folder();
    std::filesystem::path folder_;  ///< empty until one is needed
};

}  // namespace bmsrig
