// Stimuli and readbacks by the name of the UUT's port: which instrument stands behind it is the
// wiring's business.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/fixture.h"
#include "rig/faults.h"
#include "rig/instruments/instrument.h"
#include "rig/instruments/line_driver.h"
#include "rig/noise.h"
#include "rig/scheduler.h"
#include "rig/trace.h"

namespace bmsrig {

class Stimuli {
  public:
    /// Declares a signal of the port's name in the trace for every net that the bench drives.
    /// Throws WiringError if an instrument is missing or is of a kind that cannot drive the net.
    /// The noise of a test is decided by `seed`.
    Stimuli(const Wiring& wiring, const std::map<std::string, Instrument*>& bench, Trace& trace,
            Scheduler& scheduler, std::uint64_t seed);

    /// Puts a value (V, degC; 1 closed or 0 open for a contact) on the net of this port, at `now`.
    /// Returns the value in force after quantising, which is also what the trace gets. Throws
    /// RatingError, and changes nothing, if it lies outside the net's rating or the instrument's
    /// range; InputError if the wiring forbids it beside what stands on other nets.
    double apply(std::string_view port, double value, Instant now);
    /// Switches a voltage source off: the UUT's port is open. Throws InputError for other nets.
    void open(std::string_view port, Instant now);
    /// Cells 1..n in the same instant; `values` holds one for each cell of the wiring.
    void apply_cells(std::span<const double> values, Instant now);
    /// Injects or clears a fault between the instrument and the UUT: none, open, short, reversed
    /// for a cell; none, absent, stuck for a temperature. Throws InputError, and changes nothing,
    /// for another word, a fault that the wiring does not allow, or one that contradicts another.
    void set_fault(std::string_view port, std::string_view fault);
    /// Exchanges the wires of two cells at the UUT's plug; the same two again puts them back.
    /// Returns whether they are exchanged now. Throws InputError like set_fault.
    bool swap_cells(int one, int other);
    /// From now on until stop_noise() the value on a cell's net moves about the one that is
    /// applied: `rms` in the net's unit, a new draw at every `interval`. Throws InputError like
    /// set_fault, RatingError if a draw could leave the net's rating.
    void start_noise(std::string_view port, double rms, Duration interval);
    void stop_noise(std::string_view port);
    /// Ends all noise; the instruments are about to be made safe.
    void quiet() { noises_.clear(); }
    /// Ends all noise and takes every fault back.
    void clear_faults();

    /// What the instrument reads at the terminals now. Throws Error for a net without readback.
    double read(std::string_view port);
    /// Half width of what is not known of a value in force: the instrument's accuracy.
    [[nodiscard]] double accuracy(std::string_view port) const;
    [[nodiscard]] Unit unit(std::string_view port) const;
    [[nodiscard]] bool is_contact(std::string_view port) const;
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
    void check_reaching(const Net& net, double value) const;
    /// Throws InputError if the wiring has a conflict that this state of a port would complete.
    void check_conflicts(const std::string& port, Conflict::State state) const;
    double apply_contact(const Net& net, LineDriver& contacts, double value, Instant now);
    double put(const Net& net, double value, Instant now);
    [[nodiscard]] Noise* noise_at(const std::string& port) const;

    const Wiring& wiring_;
    Trace& trace_;
    Scheduler& scheduler_;
    std::uint64_t seed_;
    std::map<std::string, Net, std::less<>> nets_;
    std::vector<const Net*> cells_;                  // in order of their numbers
    std::map<std::string, Conflict::State> states_;  // of contacts and sources; none: open
    Faults faults_;
    std::map<std::string, std::unique_ptr<Noise>> noises_;
    std::map<std::string, double> nominals_;  // what was asked for where noise is
};

}  // namespace bmsrig
