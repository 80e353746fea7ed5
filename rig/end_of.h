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
    const auto refuse = [&](const std::string& problem) {
        throw WiringError(wiring.file() + ":" + std::to_string(line) + ": " + what + " ends at " +
                          to_string(pin) + ", but " + problem);
    };
    const auto found = bench.find(pin.instrument);
    if (found == bench.end()) refuse("the bench has no instrument \"" + pin.instrument + "\"");
    auto* instrument = dynamic_cast<Interface*>(found->second);
    if (instrument == nullptr) refuse("that instrument of the bench is of another kind");
    if (pin.channel < 1 || pin.channel > instrument->channels()) {
        refuse("that instrument of the bench has " + std::to_string(instrument->channels()) +
               (instrument->channels() == 1 ? " channel" : " channels"));
    }
    return *instrument;
}

}  // namespace bmsrig
