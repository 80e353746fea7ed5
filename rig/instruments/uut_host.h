// A UUT host: something else than the rig starts and stops the BMS process, such as the process
// that serves a laboratory's virtual instruments.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/instruments/instrument.h"

namespace bmsrig {

/// What a UUT host is told to start.
struct HostedUut {
    std::string command;  ///< empty: the host's own choice
    std::vector<std::pair<std::string, std::string>> settings;
};

/// What it says of the started UUT.
struct HostedGreeting {
    std::string product;
    std::string firmware;
};

class UutHost : public Instrument {
  public:
    using LogListener = std::function<void(std::string_view line)>;

    /// Starts it and waits until it runs. Throws LinkError with its own words if it does not start.
    virtual HostedGreeting power_on(const HostedUut& uut) = 0;
    /// Harmless when it is off.
    virtual void power_off() = 0;
    /// Who is told what the UUT logs. One listener; replaces a former one.
    virtual void on_log(LogListener listener) = 0;
};

}  // namespace bmsrig
