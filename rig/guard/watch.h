// What the rig's thread tells the guard: where it is, and by when it will tell again.
#pragma once

#include <cstdint>

#include "rig/guard/guard_limits.h"
#include "rig/guard/watch_page.h"
#include "rig/time.h"

namespace bmsrig {

/// Told by one thread at a time. Telling costs less than a microsecond.
class Watch {
  public:
    enum class Where : std::int32_t {
        plan,     ///< code that is not ours; the plan's limit
        uut,      ///< waiting for a BMS process, which has a limit of its own; the plan's limit
        rig,      ///< ours
        driver,   ///< a driver's call
        waiting,  ///< letting time run
    };

    Watch(WatchPage& page, const GuardLimits& limits) : page_(page), limits_(limits) {}

    [[nodiscard]] Where where() const { return where_; }
    /// Is there now, and has made progress.
    void be(Where where);
    /// Lets time run for at most so long, then tells again.
    void wait_at_most(Duration longest);

    /// The watch of the rig that runs in this process; nullptr while no guard watches.
    static Watch* active();
    static void set_active(Watch* watch);

    /// Somewhere for as long as it lives, then back where it was. Does nothing while no guard
    /// watches.
    class Scope {
      public:
        explicit Scope(Where where);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        Watch* watch_;
        Where before_ = Where::plan;
    };

  private:
    void tell(Where where, Duration within);
    WatchPage& page_;
    GuardLimits limits_;
    Where where_ = Where::plan;
};

}  // namespace bmsrig
