#include "rig/bench_probe.h"

#include <algorithm>

#include "rig/error.h"

namespace bmsrig {

BenchProbe::BenchProbe(const std::filesystem::path& bench, const InstrumentFactory& make_instrument,
                       bool only_to_make_safe)
    : bench_(Bench::load(bench)) {
    if (bench_.clock == ClockKind::real_time) {
        state_.emplace(bench_.file);
        state_->take(only_to_make_safe);
        reactor_ = std::make_unique<Reactor>();
    }
    const DriverContext context{scheduler_, bench_.seed, reactor_.get(),
                                [this](std::string_view name) { return find(name); }};
    for (const InstrumentSpec& spec : bench_.instruments) {
        Found found{spec.name, spec.driver, nullptr, {}};
        try {
            found.instrument = make_instrument(spec, context);
        } catch (const Error& problem) {
            found.problem = problem.what();
        }
        found_.push_back(std::move(found));
    }
}

BenchProbe::~BenchProbe() {
    for (const Found& found : found_) {
        if (!found.instrument) continue;
        try {
            found.instrument->make_safe();
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
            // Nothing was switched on; who asked it anything has been told already.
        }
    }
}

std::vector<std::string> BenchProbe::make_safe() {
    std::vector<std::string> problems;
    for (const Found& found : found_) {
        problems.push_back(found.problem);
        if (!found.instrument) continue;
        try {
            found.instrument->make_safe();
        } catch (const Error& problem) {
            problems.back() = problem.what();
        }
    }
    // Only now: an instrument that takes its time to answer leaves no other switched on meanwhile.
    for (std::size_t i = 0; i < found_.size(); ++i) {
        if (!problems[i].empty()) continue;
        try {
            found_[i].instrument->finish();
        } catch (const Error& problem) {
            problems[i] = problem.what();
        }
    }
    return problems;
}

Instrument* BenchProbe::find(std::string_view name) const {
    const auto found = std::ranges::find(found_, name, &Found::name);
    return found == found_.end() ? nullptr : found->instrument.get();
}

}  // namespace bmsrig
