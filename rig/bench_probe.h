// The instruments of a bench without a fixture or a UUT, for bring-up: what cannot be opened does
// not keep the others from being looked at.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rig/config/bench.h"
#include "rig/driver_context.h"
#include "rig/rig.h"

namespace bmsrig {

class BenchProbe {
  public:
    struct Found {
        std::string name;
        std::string driver;
        std::unique_ptr<Instrument> instrument;  ///< nullptr if it could not be opened
        std::string problem;                     ///< why not
    };

    /// Opens them one after the other. Throws InputError if the bench file is wrong.
    BenchProbe(const std::filesystem::path& bench, const InstrumentFactory& make_instrument);
    /// Makes those safe that could be opened.
    ~BenchProbe();
    BenchProbe(const BenchProbe&) = delete;
    BenchProbe& operator=(const BenchProbe&) = delete;

    [[nodiscard]] const std::vector<Found>& found() const { return found_; }

  private:
    [[nodiscard]] Instrument* find(std::string_view name) const;

    Bench bench_;
    Scheduler scheduler_;
    std::unique_ptr<Reactor> reactor_;
    std::vector<Found> found_;
};

}  // namespace bmsrig
