// The one clock of a rig: virtual (a discrete-event simulation) and real (paced by the monotonic
// clock), side by side.
#pragma once

#include <memory>

#include "rig/reactor.h"
#include "rig/time.h"

namespace bmsrig {

/// Time on the rig's time line. Only a Clock reads the operating system's clock; everything else is
/// given the time.
class Clock {
  public:
    /// Why a wait ended.
    enum class Woken : unsigned char {
        at_deadline,
        by_event,   ///< a handler of the reactor ran: something may have changed
        in_between  ///< nothing happened; the caller looks whether the operator wants to stop
    };

    virtual ~Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

    /// The current moment; never goes back.
    [[nodiscard]] virtual Instant now() const = 0;

    /// Returns when now() has reached `deadline`, or earlier. A deadline in the past returns at
    /// once.
    virtual Woken wait_until(Instant deadline) = 0;

    /// Makes the present moment zero, at the start of a test.
    virtual void restart() = 0;

  protected:
    Clock() = default;
};

/// Virtual time: waiting costs nothing, the same inputs give the same times to the nanosecond.
std::unique_ptr<Clock> make_virtual_clock();
/// Real time: CLOCK_MONOTONIC with absolute deadlines, so that lateness does not add up. Handlers
/// of the reactor, which outlives the clock, run while it waits.
std::unique_ptr<Clock> make_real_clock(Reactor& reactor);

/// Real time since some moment in the past, for measuring how long our own work took; never part of
/// a test's time.
Duration stopwatch();

}  // namespace bmsrig
