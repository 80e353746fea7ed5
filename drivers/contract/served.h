// Virtual instruments on real wires, on which drivers of real instruments come under contract.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "drivers/contract/contract.h"
#include "drivers/instrument_server/bridge.h"
#include "rig/clock.h"

namespace bmsrig {

/// A virtual instrument with the bridge that serves it, on the reactor of the driver under test.
/// Its time is its own: that of a laboratory does not start anew with a test.
class ServedInstrument {
  public:
    ServedInstrument(Reactor& reactor, const std::string& driver, InstrumentSpec virtual_one)
        : spec_(std::move(virtual_one)),
          instrument_(make_instrument(spec_, {scheduler_, 1})),
          bench_{{spec_.name, instrument_.get()}} {
        serve(reactor, driver);
    }

    /// As another one too, which is the last from then on.
    void serve(Reactor& reactor, const std::string& driver) {
        const auto& known = bridge_registry();
        const auto info = std::ranges::find(known, driver, &BridgeInfo::driver);
        if (info == known.end()) throw std::runtime_error("nothing serves " + driver);
        InstrumentSpec spec = spec_of(spec_.name, driver, {});
        bridges_.push_back(info->make(
            spec, *instrument_,
            {reactor, scheduler_, spec_, [](std::string_view) {}, bench_,
             [this] { scheduler_.run_until(Instant{stopwatch() - begun_}); }, "2026-03-01"}));
    }

    [[nodiscard]] ServedAs served_as() const { return bridges_.back()->served_as(); }
    Instrument& instrument() { return *instrument_; }

  private:
    Scheduler scheduler_;
    Duration begun_ = stopwatch();
    InstrumentSpec spec_;
    std::unique_ptr<Instrument> instrument_;
    std::map<std::string, Instrument*> bench_;
    std::vector<std::unique_ptr<Bridge>> bridges_;
};

/// The driver `driver`, at the wire of a virtual instrument.
inline DriverCase served(const std::string& driver, const std::string& virtual_driver,
                         const Options& virtual_options = {}, const Options& options = {}) {
    const auto wired = [=](InstrumentSpec spec, const DriverContext& context) {
        auto served = std::make_shared<ServedInstrument>(
            *context.reactor, driver, spec_of("it", virtual_driver, virtual_options));
        for (const auto& [key, text] : served->served_as().options) {
            spec.options.push_back({key, text, spec.line});
        }
        auto instrument = make_instrument(spec, context);
        instrument->restart(1);  // as at the start of every test
        return Wired{nullptr, std::move(instrument), std::move(served)};
    };
    return {driver, options, ClockKind::real_time, wired};
}

}  // namespace bmsrig
