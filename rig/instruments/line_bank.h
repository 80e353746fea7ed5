// A line bank: digital inputs with bias, debounce and stamped edges, as a GPIO chip offers them.
#pragma once

#include <cstdint>
#include <vector>

#include "rig/instruments/instrument.h"

namespace bmsrig {

/// What a line reads: decided by its level shifter's thresholds; between them nobody can say.
enum class LineLevel : unsigned char { inactive = 0, active = 1, indeterminate = 2 };
std::string_view to_string(LineLevel level);

/// Which resistor the bank joins to the line, to tell a driven line from a floating one.
enum class Bias : unsigned char { none, down, up };
std::string_view to_string(Bias bias);

/// A line changed. The time is that of the first contact, also where a debounce delays the report.
struct Edge {
    int channel = 0;
    Instant time;
    LineLevel level = LineLevel::inactive;
    /// Counts this line's edges from 1 without gaps; a gap is a lost edge.
    std::uint64_t sequence = 0;
};

class LineBank : public Instrument {
  public:
    /// A level shorter than `debounce` is no edge. Zero: every change is one.
    virtual void set_debounce(int channel, Duration debounce) = 0;
    virtual void set_bias(int channel, Bias bias) = 0;
    [[nodiscard]] virtual Bias bias(int channel) const = 0;
    /// The debounced level.
    virtual LineLevel read(int channel) = 0;
    /// Edges since the last call, oldest first.
    virtual std::vector<Edge> take_edges() = 0;
    /// Half width of an edge's time stamp.
    [[nodiscard]] virtual Duration stamp_uncertainty() const = 0;
};

}  // namespace bmsrig
