// The other end of a simulated GPIO chip (the kernel's gpio-sim): what stands at its lines.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rig/link/file_descriptor.h"

namespace bmsrig {

class GpioSim {
  public:
    /// `chip` by its path or name. Throws InstrumentError if it is no simulated one.
    explicit GpioSim(const std::string& chip);

    /// Whether this chip is one.
    static bool is_one(const std::string& chip);

    [[nodiscard]] unsigned lines() const { return static_cast<unsigned>(pulls_.size()); }
    /// Pulls a line up or down. One that is an output keeps its level.
    void pull(unsigned offset, bool up);
    /// The level of a line: what an output drives, or what pulls at an input.
    [[nodiscard]] bool value(unsigned offset) const;

  private:
    [[noreturn]] void fail(const std::string& what, const std::filesystem::path& file) const;

    std::filesystem::path folder_;
    // Open from the start: opening takes far longer than writing.
    std::vector<link::FileDescriptor> pulls_;
    std::vector<link::FileDescriptor> values_;
};

}  // namespace bmsrig
