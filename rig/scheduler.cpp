#include "rig/scheduler.h"

#include <utility>

#include "rig/error.h"

namespace bmsrig {

Scheduler::EventId Scheduler::schedule(Instant when, Action action) {
    if (when < now_) {
        throw Error("an event was scheduled for " + format_time(when) + ", but it is already " +
                    format_time(now_));
    }
    const EventId id = next_id_++;
    events_.push({when, id, std::move(action)});
    return id;
}

void Scheduler::cancel(EventId id) {
    if (id != 0 && id < next_id_) cancelled_.insert(id);
}

void Scheduler::drop_cancelled() {
    while (!events_.empty() && !cancelled_.empty() && cancelled_.erase(events_.top().id) != 0)
        events_.pop();
    if (events_.empty()) cancelled_.clear();  // what is left there had already run
}

void Scheduler::run_until(Instant until) {
    if (until < now_) {
        throw Error("time would go back from " + format_time(now_) + " to " + format_time(until));
    }
    for (auto due = next_due(); due && *due <= until; due = next_due()) {
        now_ = *due;
        // The action may schedule more, so it leaves the queue before it runs.
        const Action action =
            std::move(const_cast<Event&>(events_.top())
                          .action);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        events_.pop();
        action();
    }
    now_ = until;
}

void Scheduler::restart() {
    events_ = {};
    cancelled_.clear();
    now_ = Instant{};
}

}  // namespace bmsrig
