// What every driver must do to deserve its interface. A driver of a real instrument joins a
// contract with one line in the list at its end; the suites know nothing of virtual instruments
// beyond looking at terminals where there are any.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "drivers/contract/workbench.h"
#include "rig/clock.h"
#include "rig/error.h"

namespace bmsrig {

/// A real instrument with something in the test that stands at its wires.
struct Wired {
    std::shared_ptr<SenseTerminals> wires;  ///< drives what a line bank reads; outlives it
    std::unique_ptr<Instrument> instrument;
    std::shared_ptr<void> other_end{};  ///< what serves it; outlives it as well
};

/// A driver under contract with the options of a small bench.
struct DriverCase {
    std::string driver;
    Options options;
    ClockKind clock = ClockKind::virtual_time;
    /// Of a real instrument; the reactor is there also in virtual time.
    std::function<Wired(InstrumentSpec spec, const DriverContext& context)> wired{};
};
inline std::ostream& operator<<(std::ostream& out, const DriverCase& it) {
    return out << it.driver;
}
inline std::string case_name(const testing::TestParamInfo<DriverCase>& info) {
    const auto& options = info.param.options;
    const auto profile =
        std::ranges::find(options, "profile", &std::pair<std::string, std::string>::first);
    return info.param.driver + (profile == options.end() ? "" : "_" + profile->second) +
           (info.param.clock == ClockKind::real_time ? "_real_time" : "");
}

class DriverContract : public testing::TestWithParam<DriverCase> {
  protected:
    static constexpr std::uint64_t seed = 7;
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    static constexpr double infinity = std::numeric_limits<double>::infinity();

    DriverContract()
        : reactor_(GetParam().clock == ClockKind::real_time || GetParam().wired
                       ? std::make_unique<Reactor>()
                       : nullptr),
          clock_(GetParam().clock == ClockKind::real_time ? make_real_clock(*reactor_)
                                                          : make_virtual_clock()) {
        const InstrumentSpec spec = spec_of("it", GetParam().driver, GetParam().options);
        const DriverContext context{scheduler_, seed, reactor_.get()};
        if (!GetParam().wired) {
            instrument_ = make_instrument(spec, context);
            return;
        }
        auto [wires, instrument, other_end] = GetParam().wired(spec, context);
        other_end_ = std::move(other_end);
        wires_ = std::move(wires);
        instrument_ = std::move(instrument);
    }

    template <typename Interface>
    Interface& as() {
        return dynamic_cast<Interface&>(*instrument_);
    }
    /// What drives a line bank's lines: the wires of the test, or the terminals of a virtual bank.
    SenseTerminals& sense() {
        return wires_ ? *wires_ : dynamic_cast<SenseTerminals&>(*instrument_);
    }
    /// nullptr: a real instrument.
    SourceTerminals* terminals() { return dynamic_cast<SourceTerminals*>(instrument_.get()); }

    void run_until(Instant when) {
        while (clock_->wait_until(when) != Clock::Woken::at_deadline) {
        }
        scheduler_.run_until(when);
    }
    void settle() { run_until(std::max(scheduler_.now(), instrument_->settled_at())); }
    void restart(std::uint64_t new_seed) {
        clock_->restart();
        scheduler_.restart();
        if (reactor_) reactor_->restart();
        instrument_->restart(new_seed);
    }

    /// Expects a refusal that names the instrument and what is refused.
    template <typename Action>
    static void expect_refused(const Action& action, const std::string& naming) {
        const std::string text = text_of<RatingError>(action);
        EXPECT_NE(text.find("\"it\""), std::string::npos) << "refused with: " << text;
        EXPECT_NE(text.find(naming), std::string::npos) << "refused with: " << text;
    }

    std::unique_ptr<Reactor> reactor_;
    std::unique_ptr<Clock> clock_;
    Scheduler scheduler_;
    std::shared_ptr<SenseTerminals> wires_;
    std::shared_ptr<void> other_end_;
    std::unique_ptr<Instrument> instrument_;
};

}  // namespace bmsrig
