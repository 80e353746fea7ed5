// What every instrument is, whatever it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rig/instruments/safe_action.h"
#include "rig/time.h"

namespace bmsrig {

/// Who an instrument says it is; goes into every record.
struct Identity {
    std::string manufacturer;
    std::string model;
    std::string serial;
    std::string firmware;
    std::string calibrated;  ///< date of the calibration, ISO 8601; empty if it does not say
};

/// An instrument of the bench. Channels count from 1, as they are printed on the front panels.
/// Every call that fails at the instrument throws InstrumentError; a request outside its range
/// throws RatingError and changes nothing.
class Instrument {
  public:
    virtual ~Instrument() = default;
    Instrument(const Instrument&) = delete;
    Instrument& operator=(const Instrument&) = delete;

    /// The name that the bench file gives it.
    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual int channels() const = 0;
    virtual Identity identify() = 0;

    /// Outputs off, faults open, contacts open; or what the bench file says of this instrument. May
    /// be called at any time, also twice.
    virtual void make_safe() = 0;
    /// Its connection was lost: the next call waits for another one, for seconds if nobody is
    /// there.
    [[nodiscard]] virtual bool has_to_connect() const { return false; }
    /// Returns when all that was asked of it has been carried out, letting time run meanwhile.
    /// Throws what it said against it.
    virtual void finish() {}
    /// The same as make_safe() for the guard, as things are now; what is empty needs no guard. A
    /// driver that opens its connection anew has others from then on.
    [[nodiscard]] virtual std::vector<SafeAction> safe_actions() const { return {}; }

    /// When everything asked of it so far has settled at its terminals.
    [[nodiscard]] virtual Instant settled_at() const = 0;

    /// A new test begins: time is zero again, noise starts from this seed, the state is that of
    /// power-on. Called after the scheduler was restarted. Listeners stay, but none is called:
    /// whoever listens looks anew.
    virtual void restart(std::uint64_t seed) = 0;

  protected:
    Instrument() = default;
};

}  // namespace bmsrig
