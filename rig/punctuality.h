// How punctual the rig was in real time: the evidence on which the times of a test stand.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "rig/time.h"

namespace bmsrig {

/// Counts how late the rig was for what it had scheduled: stimuli, frames, samples. Edges and
/// frames from outside carry the kernel's stamps and are not touched by it.
class Punctuality {
  public:
    /// Upper ends of the buckets; the last bucket has none.
    static constexpr std::array<Duration, 4> bounds{
        std::chrono::microseconds{100}, std::chrono::milliseconds{1}, std::chrono::milliseconds{10},
        std::chrono::milliseconds{100}};

    /// Beyond `allowed` an event is an overrun. A new test begins.
    void restart(Duration allowed);
    /// Something due at `due` was done this much later. Whether that is an overrun.
    bool note(Instant due, Duration lateness);
    /// The same while the rig could not run, as the plan's own code took its time: counted apart.
    void note_pause(Duration lateness);

    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] std::uint64_t overruns() const { return overruns_; }
    [[nodiscard]] Duration worst() const { return worst_; }
    /// By how much a plan's own code held up the rig's events at worst.
    [[nodiscard]] Duration worst_pause() const { return worst_pause_; }
    [[nodiscard]] const std::array<std::uint64_t, bounds.size() + 1>& counts() const {
        return counts_;
    }
    /// For the record: "1234 events, 1200 within 0.0001 s, ..., worst 0.000241 s at 12.3 s".
    [[nodiscard]] std::string text() const;
    /// Why the test's times cannot be trusted; empty if they can.
    [[nodiscard]] std::string problem() const;

  private:
    Duration allowed_{};
    std::uint64_t events_ = 0;
    std::uint64_t overruns_ = 0;
    Duration worst_{};
    Instant worst_at_;
    Duration worst_pause_{};
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
};

}  // namespace bmsrig
