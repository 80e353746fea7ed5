// What is to happen when: the queue of events that instruments put on the rig's time line.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_set>
#include <vector>

#include "rig/time.h"

namespace bmsrig {

/// Events in order of time, and at the same time in the order in which they were scheduled.
class Scheduler {
  public:
    using Action = std::function<void()>;
    using EventId = std::uint64_t;

    /// The time of the event being run, or up to which the rig has run.
    [[nodiscard]] Instant now() const { return now_; }

    /// Throws Error if `when` lies before now().
    EventId schedule(Instant when, Action action);
    /// Forgets an event; one that has run already or is unknown is ignored.
    void cancel(EventId id);

    /// When the next event is due; nothing if there is none.
    [[nodiscard]] std::optional<Instant> next_due() {
        if (!cancelled_.empty()) drop_cancelled();
        if (events_.empty()) return std::nullopt;
        return events_.top().when;
    }

    /// Runs, in order, everything due up to and including `until`, and sets now() to `until`.
    void run_until(Instant until);

    /// Forgets every event and starts again at zero.
    void restart();

  private:
    struct Event {
        Instant when;
        EventId id;
        Action action;
    };
    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            return a.when != b.when ? a.when > b.when : a.id > b.id;
        }
    };
    void drop_cancelled();

    std::priority_queue<Event, std::vector<Event>, Later> events_;
    std::unordered_set<EventId> cancelled_;
    EventId next_id_ = 1;
    Instant now_;
};

}  // namespace bmsrig
