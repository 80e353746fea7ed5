// Frames of the rig's own that go out again and again: what the other side of a UUT would send.
#pragma once

#include <cstdint>
#include <map>

#include "rig/instruments/can_adapter.h"
#include "rig/scheduler.h"

namespace bmsrig {

class CanRepeats {
  public:
    using Id = std::uint64_t;

    explicit CanRepeats(Scheduler& scheduler) : scheduler_(scheduler) {}

    /// Hands the frame to the adapter now and after each period, until it is stopped. The adapter
    /// must outlive that. While the adapter only listens, as in a search for the bit rate, nothing
    /// is handed to it. Throws InputError if the period is not longer than nothing.
    Id start(CanAdapter& adapter, int channel, const CanFrame& frame, Duration period);
    /// One that is unknown or stopped already is ignored.
    void stop(Id id);
    void stop_all();

  private:
    struct Repeat {
        CanAdapter* adapter = nullptr;
        int channel = 1;
        CanFrame frame;
        Duration period{};
        Scheduler::EventId next = 0;
    };
    void send(Id id);

    Scheduler& scheduler_;
    std::map<Id, Repeat> repeats_;
    Id next_id_ = 1;
};

}  // namespace bmsrig
