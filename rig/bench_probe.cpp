#include "rig/bench_probe.h"

#include <algorithm>

#include "rig/error.h"

namespace bmsrig {

BenchProbe::BenchProbe(const std::filesystem::path& bench, const InstrumentFactory& make_instrument)
    : bench_(Bench::load(bench)) {
    if (bench_.clock == ClockKind::real_time) reactor_ = std::make_unique<Reactor>();
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

Instrument* BenchProbe::find(std::string_view name) const {
    const auto found = std::ranges::find(found_, name, &Found::name);
    return found == found_.end() ? nullptr : found->instrument.get();
}

}  // namespace bmsrig
