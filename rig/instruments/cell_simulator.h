// A cell simulator: one programmable source for each cell of the battery.
#pragma once

#include <span>
#include <vector>

#include "rig/instruments/instrument.h"
#include "rig/units.h"

namespace bmsrig {

/// What stands between a cell source and the UUT's sense terminals.
enum class CellFault : unsigned char {
    none,
    open,     ///< the sense wire is broken: the terminals float (NaN)
    shorted,  ///< the terminals are joined: 0 V
    reversed  ///< the cell is in backwards: minus the set voltage
};
std::string_view to_string(CellFault fault);

class CellSimulator : public Instrument {
  public:
    [[nodiscard]] virtual Volts minimum() const = 0;
    [[nodiscard]] virtual Volts maximum() const = 0;
    [[nodiscard]] virtual Volts resolution() const = 0;
    /// Largest difference between the value in force and the truth at the terminals, settled and
    /// unloaded.
    [[nodiscard]] virtual Volts accuracy() const = 0;

    /// Sets one cell and switches its output on. Returns the value in force after quantising.
    virtual Volts set_voltage(int channel, Volts voltage) = 0;
    /// Sets cells 1..n in the same instant. Returns the values in force.
    virtual std::vector<Volts> set_voltages(std::span<const Volts> voltages) = 0;
    /// The readback: what stands at the terminals, with the instrument's own reading error.
    virtual Volts read_voltage(int channel) = 0;
    /// Current out of the cell; negative while it sinks.
    virtual Amperes read_current(int channel) = 0;
    /// What the cell sources and sinks at most; beyond it the voltage gives way.
    virtual void set_current_limits(int channel, Amperes source, Amperes sink) = 0;
    virtual void set_fault(int channel, CellFault fault) = 0;
    /// Exchanges the wires of two cells at the UUT's plug, or puts them back: each then stands
    /// where the other belongs.
    virtual void exchange(int channel, int other) = 0;
    /// Off: the terminals float.
    virtual void set_output(int channel, bool on) = 0;
};

}  // namespace bmsrig
