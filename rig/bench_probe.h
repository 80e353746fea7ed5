// The instruments of a bench without a fixture or a UUT: what cannot be opened does not keep the
// others from being looked at, nor from being made safe.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/config/bench.h"
#include "rig/driver_context.h"
#include "rig/guard/bench_state.h"
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

    /// Opens them one after the other. Throws InputError if the bench file is wrong or the bench
    /// was left unsafe, unless it is opened to make it safe; BenchInUse, with nothing opened, if
    /// somebody else has it.
    BenchProbe(const std::filesystem::path& bench, const InstrumentFactory& make_instrument,
               bool only_to_make_safe = false);
    /// Makes those safe that could be opened.
    ~BenchProbe();
    BenchProbe(const BenchProbe&) = delete;
    BenchProbe& operator=(const BenchProbe&) = delete;

    [[nodiscard]] const std::vector<Found>& found() const { return found_; }

    /// Switches everything off that can be reached. Of each instrument in the order of `found`,
    /// why it may still be on; empty if it has carried out what it was told.
    std::vector<std::string> make_safe();

  private:
    [[nodiscard]] Instrument* find(std::string_view name) const;

    Bench bench_;
    std::optional<BenchState>
        state_;  ///< of a bench in real time; before what it keeps others from
    Scheduler scheduler_;
    std::unique_ptr<Reactor> reactor_;
    std::vector<Found> found_;
};

}  // namespace bmsrig
