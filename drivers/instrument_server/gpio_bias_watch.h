// Tells which resistor somebody has joined to lines of a GPIO chip, as it happens.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/common/descriptor_watch.h"
#include "rig/instruments/line_bank.h"
#include "rig/link/file_descriptor.h"
#include "rig/reactor.h"

namespace bmsrig {

class GpioBiasWatch {
  public:
    /// `line` counts from 0 in the order of the offsets.
    using Listener = std::function<void(std::size_t line, Bias bias)>;

    /// Also tells of a line that is requested anew with the bias that it had. Throws
    /// InstrumentError if the chip cannot be watched.
    GpioBiasWatch(Reactor& reactor, const std::string& chip, std::vector<unsigned> offsets,
                  Listener listener);

  private:
    void read();

    link::FileDescriptor chip_;
    std::vector<unsigned> offsets_;
    Listener listener_;
    std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace bmsrig
