// The instrument at an end of a net, as the interface that the net needs.
#pragma once

#include <map>
#include <string>

#include "rig/error.h"
#include "rig/instruments/instrument.h"
#include "rig/wiring.h"

namespace bmsrig {

/// Throws WiringError with file and line unless the pin is a channel of an instrument of that kind;
/// `what` names the net.
template <typename Interface>
Interface& end_of(const std::map<std::string, Instrument*>& bench, const Pin& pin,
                  const Wiring& wiring, const std::string& what, int line) {
    const auto found = bench.find(pin.instrument);
    auto* instrument = found == bench.end() ? nullptr : dynamic_cast<Interface*>(found->second);
    if (instrument == nullptr || pin.channel < 1 || pin.channel > instrument->channels()) {
        throw WiringError(wiring.file() + ":" + std::to_string(line) + ": " + what +
                          " is read by " + to_string(pin) +
                          ", but the bench has no such instrument with that channel");
    }
    return *instrument;
}

}  // namespace bmsrig
