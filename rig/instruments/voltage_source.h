// A programmable voltage: the pack supply of a UUT, a terminal at a test voltage, or (in
// microvolts) a shunt.
#pragma once

#include "rig/instruments/instrument.h"
#include "rig/units.h"

namespace bmsrig {

class VoltageSource : public Instrument {
  public:
    [[nodiscard]] virtual Volts minimum() const = 0;
    [[nodiscard]] virtual Volts maximum() const = 0;
    [[nodiscard]] virtual Volts resolution() const = 0;
    [[nodiscard]] virtual Volts accuracy() const = 0;
    /// Sets a channel and switches its output on. Returns the value in force after quantising.
    virtual Volts set_voltage(int channel, Volts voltage) = 0;
    virtual Volts read_voltage(int channel) = 0;
    /// Off: the terminals float (NaN).
    virtual void set_output(int channel, bool on) = 0;
};

/// A bench supply for the UUT's own terminals.
class PowerSupply : public VoltageSource {};

/// A floating millivolt source across the UUT's shunt terminals; positive means charging.
/// Off is 0 V, never floating: an open sense pair would read as any current.
class ShuntInjector : public VoltageSource {};

}  // namespace bmsrig
