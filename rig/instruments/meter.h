// A meter: reads analogue outputs of the UUT.
#pragma once

#include "rig/instruments/instrument.h"

namespace bmsrig {

class Meter : public Instrument {
  public:
    /// What stands at the terminals now, in the unit of the net that the wiring joins to the
    /// channel; NaN where nothing drives it.
    virtual double read(int channel) = 0;
    /// Largest difference between a reading and the truth, its rounding and noise included.
    [[nodiscard]] virtual double accuracy(int channel) const = 0;
};

}  // namespace bmsrig
