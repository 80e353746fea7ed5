// What the tests of drivers stand on: a scheduler, and instruments made as a bench file would have
// them.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "drivers/registry.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

using Options = std::vector<std::pair<std::string, std::string>>;

/// As from "bench.yaml", the instrument on line 10, its options on the lines below.
inline InstrumentSpec spec_of(const std::string& name, const std::string& driver,
                              const Options& options) {
    InstrumentSpec spec;
    spec.name = name;
    spec.driver = driver;
    spec.file = "bench.yaml";
    spec.line = 10;
    int line = spec.line;
    for (const auto& [key, text] : options) spec.options.push_back({key, text, ++line});
    return spec;
}

/// An instrument of a known interface, with its terminals if it is virtual.
template <typename Interface>
struct Made {
    std::unique_ptr<Instrument> instrument;
    Interface* operator->() const { return &dynamic_cast<Interface&>(*instrument); }
    [[nodiscard]] SourceTerminals& source() const {
        return dynamic_cast<SourceTerminals&>(*instrument);
    }
    [[nodiscard]] SenseTerminals& sense() const {
        return dynamic_cast<SenseTerminals&>(*instrument);
    }
    [[nodiscard]] double terminal(int channel) const { return source().terminal_value(channel); }
};

class Workbench {
  public:
    template <typename Interface>
    Made<Interface> make(const std::string& driver, const Options& options, std::uint64_t seed = 1,
                         const std::string& name = "unit") {
        return {make_instrument(spec_of(name, driver, options), {scheduler, seed})};
    }

    [[nodiscard]] Instant now() const { return scheduler.now(); }
    void run_for(Duration duration) { scheduler.run_until(now() + duration); }
    template <typename Interface>
    void settle(const Made<Interface>& made) {
        scheduler.run_until(std::max(now(), made.instrument->settled_at()));
    }
    /// Runs to the end of what is scheduled; how many moments that took. Throws if it never ends.
    int run_to_rest() {
        constexpr int too_many = 100000;
        for (int events = 0; events < too_many; ++events) {
            const auto due = scheduler.next_due();
            if (!due) return events;
            scheduler.run_until(*due);
        }
        throw std::runtime_error("the instruments never come to rest");
    }

    Scheduler scheduler;
};

/// The text of what `action` throws; empty if it throws nothing or something else.
template <typename Exception, typename Action>
std::string text_of(const Action& action) {
    try {
        action();
    } catch (const Exception& problem) {
        return problem.what();
    } catch (...) {
        return "";
    }
    return "";
}

}  // namespace bmsrig
