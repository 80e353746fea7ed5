// What a driver is given to live on.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "rig/config/bench.h"
#include "rig/instruments/instrument.h"
#include "rig/reactor.h"
#include "rig/scheduler.h"

namespace bmsrig {

/// The scheduler and the reactor outlive the instrument.
struct DriverContext {
    Scheduler& scheduler;
    std::uint64_t seed = 1;      ///< of the run; a driver mixes its instrument's name into it
    Reactor* reactor = nullptr;  ///< none on a bench in virtual time
    /// The instrument of this name that stands earlier in the bench file; nullptr if there is none.
    std::function<Instrument*(std::string_view name)> find = [](std::string_view) {
        return static_cast<Instrument*>(nullptr);
    };
};

/// For drivers of real instruments. Throws InputError that names the instrument if the bench runs
/// in virtual time.
Reactor& require_reactor(const InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
