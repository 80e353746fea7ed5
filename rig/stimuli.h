// Stimuli and readbacks by the name of the UUT's port: which instrument stands behind it is the
// wiring's business.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/fixture.h"
#include "rig/instruments/instrument.h"
#include "rig/trace.h"

namespace bmsrig {

class Stimuli {
  public:
    /// Declares a signal of the port's name in the trace for every net that the bench drives.
    /// Throws WiringError if an instrument is missing or is of a kind that cannot drive the net.
    Stimuli(const Wiring& wiring, const std::map<std::string, Instrument*>& bench, Trace& trace);

    /// Puts a value (V, degC; 1 closed or 0 open for a contact) on the net of this port, at `now`.
    /// Returns the value in force after quantising, which is also what the trace gets. Throws
    /// RatingError, and changes nothing, if it lies outside the net's rating or the instrument's
    /// range.
    double apply(std::string_view port, double value, Instant now);
    /// Cells 1..n in the same instant; `values` holds one for each cell of the wiring.
    void apply_cells(std::span<const double> values, Instant now);
    /// Injects or clears a fault between the instrument and the UUT: none, open, short, reversed
    /// for a cell; none, absent, stuck for a temperature. Throws Error naming the words that fit.
    void set_fault(std::string_view port, std::string_view fault);

    /// What the instrument reads at the terminals now. Throws Error for a net without readback.
    double read(std::string_view port);
    /// Half width of what is not known of a value in force: the instrument's accuracy.
    [[nodiscard]] double accuracy(std::string_view port) const;
    [[nodiscard]] Unit unit(std::string_view port) const;
    [[nodiscard]] int cells() const { return static_cast<int>(cells_.size()); }
    /// The ports whose value is a voltage or a temperature that an instrument can read back.
    [[nodiscard]] std::vector<std::string> analog_ports() const;
    [[nodiscard]] bool has(std::string_view port) const { return nets_.contains(port); }

    /// A healthy battery, the system on. At `now`, all in the same instant.
    void apply_baseline(const Baseline& baseline, Instant now);

  private:
    struct Net {
        InputNet net;
        Instrument* instrument = nullptr;
        SignalId signal = 0;
    };
    [[nodiscard]] const Net& find(std::string_view port) const;
    static void check_rating(const Net& net, double value);

    Trace& trace_;
    std::map<std::string, Net, std::less<>> nets_;
    std::vector<const Net*> cells_;  // in order of their numbers
};

}  // namespace bmsrig
