#include "rig/can_repeats.h"

#include "rig/error.h"

namespace bmsrig {

CanRepeats::Id CanRepeats::start(CanAdapter& adapter, int channel, const CanFrame& frame,
                                 Duration period) {
    if (period <= Duration::zero()) {
        throw InputError("frame " + to_string(frame) + " was to be sent every " +
                         format_duration(period) + "; expected more than 0 s");
    }
    const Id id = next_id_++;
    repeats_[id] = {&adapter, channel, frame, period};
    send(id);
    return id;
}

void CanRepeats::send(Id id) {
    Repeat& repeat = repeats_.at(id);
    if (!repeat.adapter->settings(repeat.channel).listen_only) {
        repeat.adapter->send(repeat.channel, repeat.frame);
    }
    repeat.next = scheduler_.schedule(scheduler_.now() + repeat.period, [this, id] { send(id); });
}

void CanRepeats::stop(Id id) {
    const auto found = repeats_.find(id);
    if (found == repeats_.end()) return;
    scheduler_.cancel(found->second.next);
    repeats_.erase(found);
}

void CanRepeats::stop_all() {
    while (!repeats_.empty()) stop(repeats_.begin()->first);
}

}  // namespace bmsrig
