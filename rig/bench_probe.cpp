#include "rig/bench_probe.h"

#include <algorithm>

#include "rig/error.h"
#include "rig/instruments/in_turn.h"

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
    Instruments instruments;
    std::vector<std::string> problems;
    for (const Found& found : found_) {
        instruments.push_back(found.instrument.get());
        problems.push_back(found.problem);
    }
    const auto note = [&](std::size_t whose, const std::exception_ptr& problem) {
        try {
            std::rethrow_exception(problem);
        } catch (const Error& known) {
            if (problems[whose].empty()) problems[whose] = known.what();
        }
    };
    make_safe_in_turn(instruments, note);
    // Only now: an instrument that takes its time to answer leaves no other switched on meanwhile.
    const auto finish_one = [&](std::size_t i) {
        if (problems[i].empty()) instruments[i]->finish();
    };
    in_turn(instruments, finish_one, note);
    return problems;
}

Instrument* BenchProbe::find(std::string_view name) const {
    const auto found = std::ranges::find(found_, name, &Found::name);
    return found == found_.end() ? nullptr : found->instrument.get();
}

}  // namespace bmsrig
