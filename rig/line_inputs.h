// The lines of the wiring as their banks read them: levels and edges, into the trace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rig/instruments/instrument.h"
#include "rig/instruments/line_bank.h"
#include "rig/trace.h"
#include "rig/wiring.h"

namespace bmsrig {

/// A reading of a line.
struct LineReading {
    LineLevel level = LineLevel::indeterminate;
    Instant since;             ///< its last edge, or the start of the test
    std::uint64_t number = 0;  ///< of the change in the trace
};

class LineInputs {
  public:
    explicit LineInputs(Trace& trace) : trace_(trace) {}

    /// Declares a signal "line.<name>" for every line of the wiring, which must outlive this. What
    /// is known already keeps its count of edges. Throws WiringError if a line ends at no line
    /// bank.
    void declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    /// The banks were restarted: they count their edges anew.
    void restart() { banks_.clear(); }
    /// Every line with its debounce and its resting bias; the first level of those that have none
    /// yet goes into the trace.
    void begin(Instant now);
    /// Puts what the banks saw into the trace. Throws InstrumentError if an edge was lost.
    void take_edges();

    /// These throw Error naming the lines there are.
    [[nodiscard]] SignalId signal(std::string_view line) const;
    [[nodiscard]] LineReading read(std::string_view line) const;
    /// The caller waits for the debounce.
    void set_bias(std::string_view line, Bias bias);
    /// When what was asked of the line's bank has settled at its terminals.
    [[nodiscard]] Instant settled_at(std::string_view line) const;
    [[nodiscard]] Duration debounce(std::string_view line) const;
    [[nodiscard]] Duration stamp_uncertainty(std::string_view line) const;

    [[nodiscard]] Duration longest_debounce() const;

  private:
    struct Input {
        SignalId signal = 0;
        std::uint64_t sequence = 0;
    };
    struct Bank {
        LineBank* bank = nullptr;
        std::map<int, Input> inputs;  // by channel
    };
    [[nodiscard]] LineBank& bank_of(const LineNet& net) const;
    void take(Input& input, const LineBank& bank, const Edge& edge);

    Trace& trace_;
    const Wiring* wiring_ = nullptr;
    std::map<std::string, LineBank*> by_name_;  // instrument -> bank
    std::vector<Bank> banks_;
};

}  // namespace bmsrig
