// The lines of a virtual bench as copper: what the UUT's outputs, the resistors of the line bank
// and faults of the wiring together put on each reader.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "rig/config/bench.h"
#include "rig/instruments/instrument.h"
#include "rig/instruments/terminals.h"
#include "rig/wiring.h"

namespace bmsrig {

/// Lives from the start of a test to its end, with a UUT or without: a line floats, is pulled or is
/// shorted whether or not anybody drives it. Lines whose reader is a real instrument are left out:
/// their terminals are copper already.
class LineNets {
  public:
    /// Throws InputError with file and line if a wiring fault names a line that there is not, or
    /// one that a virtual bench cannot have.
    LineNets(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
             const std::vector<WiringFault>& faults);
    ~LineNets();
    LineNets(const LineNets&) = delete;
    LineNets& operator=(const LineNets&) = delete;

    /// Whether the line of this number in the wiring ends at a virtual reader.
    [[nodiscard]] bool has(std::size_t line) const { return lines_[line].reader != nullptr; }
    /// The UUT's output at a line: a stage's state, or whether a lamp is lit, a contact closed.
    void set_output(std::size_t line, double code);
    /// The voltage at the UUT's supply terminals has changed.
    void supply_changed();
    /// The UUT is off: stages float, lamps are dark, contacts open.
    void release();

  private:
    struct Line {
        const LineNet* net = nullptr;
        SenseTerminals* reader = nullptr;
        Bias bias = Bias::down;
        double output = 0;
        std::size_t node = 0;  ///< to which the reader is joined
    };
    struct Short {
        bool to_minus = false;
        bool to_plus = false;
    };

    void inject(const WiringFault& fault);
    [[nodiscard]] std::size_t find(const std::string& name, const WiringFault& fault) const;
    [[nodiscard]] double supply() const;
    [[nodiscard]] LineLevel level(const Line& line) const;
    void drive_node(std::size_t node) const;
    void drive_all() const;

    std::vector<Line> lines_;  // by number in the wiring; its stages are this object's own
    std::vector<LineNet> nets_;
    std::vector<std::size_t> output_node_;  // of each line's output
    std::vector<Short> shorts_;             // by node
    std::map<std::string, SenseTerminals*> readers_;
    SourceTerminals* supply_ = nullptr;
    int supply_channel_ = 0;
};

}  // namespace bmsrig
