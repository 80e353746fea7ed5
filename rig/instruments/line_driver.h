// A line driver: contacts and digital outputs of the bench, to press a UUT's switches.
#pragma once

#include "rig/instruments/instrument.h"

namespace bmsrig {

class LineDriver : public Instrument {
  public:
    /// Closes (true) or opens (false) a contact.
    virtual void set(int channel, bool closed) = 0;
    [[nodiscard]] virtual bool is_closed(int channel) const = 0;
};

}  // namespace bmsrig
