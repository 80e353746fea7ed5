// The electrical side of a virtual instrument: what its terminals show to the wiring, and what they
// feel from it. A real instrument has none of these: its terminals are copper.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "rig/can_frame.h"
#include "rig/instruments/can_adapter.h"
#include "rig/instruments/line_bank.h"

namespace bmsrig {

/// Terminals that put a value on a net: cells, temperatures, supplies, shunts, contacts (0 or 1).
class SourceTerminals {
  public:
    virtual ~SourceTerminals() = default;
    /// What stands at the terminals now, in the channel's base unit; NaN: open or absent.
    [[nodiscard]] virtual double terminal_value(int channel) const = 0;
    /// Called whenever a channel's terminal value may have changed. One listener; replaces a former
    /// one.
    virtual void on_terminal_change(std::function<void(int channel)> listener) = 0;
    /// Joins a resistor across the terminals, given as conductance in siemens (0: none); the UUT's
    /// balancing load.
    virtual void set_load(int channel, double siemens) = 0;
};

/// Terminals that feel a line's level: the inputs of a line bank.
class SenseTerminals {
  public:
    virtual ~SenseTerminals() = default;
    /// The level on the net from now on, before debounce.
    virtual void drive(int channel, LineLevel level) = 0;
    /// Called when the bank joined another bias to a line. One listener; replaces a former one.
    virtual void on_bias_change(std::function<void(int channel, Bias bias)> listener) = 0;
};

/// Terminals that feel an analogue value: the inputs of a meter.
class ProbeTerminals {
  public:
    virtual ~ProbeTerminals() = default;
    /// What stands on the net from now on, in the net's base unit; NaN: nothing drives it.
    virtual void feel(int channel, double value) = 0;
};

/// The wires of a CAN bus, where the UUT's transceiver is joined to them.
class CanTerminals {
  public:
    virtual ~CanTerminals() = default;
    /// A transceiver is there from now on; it is told of every frame it has received completely.
    virtual void connect(int channel, std::uint32_t bit_rate,
                         std::function<void(const CanFrame& frame)> receive) = 0;
    /// It is without power: what it had not sent is lost.
    virtual void disconnect(int channel) = 0;
    /// Hands a frame to its transmitter.
    virtual void transmit(int channel, const CanFrame& frame) = 0;
    /// How far its node takes part; error active while it has no power.
    [[nodiscard]] virtual CanState uut_state(int channel) const = 0;
};

/// The wires of a serial bus, where the UUT's transceiver is joined to them.
class SerialTerminals {
  public:
    virtual ~SerialTerminals() = default;
    /// A transceiver is there from now on; it is told of bytes when the last of them has been
    /// received completely.
    virtual void connect(int channel, std::uint32_t bit_rate,
                         std::function<void(std::span<const std::uint8_t> bytes)> receive) = 0;
    /// It is without power: what it had not sent is lost.
    virtual void disconnect(int channel) = 0;
    /// Hands bytes to its transmitter.
    virtual void transmit(int channel, std::span<const std::uint8_t> bytes) = 0;
};

}  // namespace bmsrig
