#include "rig/punctuality.h"

#include <algorithm>

namespace bmsrig {

void Punctuality::restart(Duration allowed) {
    *this = {};
    allowed_ = allowed;
}

bool Punctuality::note(Instant due, Duration lateness) {
    ++events_;
    const auto bucket = std::ranges::lower_bound(bounds, lateness) - bounds.begin();
    ++counts_.at(static_cast<std::size_t>(bucket));
    if (lateness > worst_) {
        worst_ = lateness;
        worst_at_ = due;
    }
    if (lateness <= allowed_) return false;
    ++overruns_;
    return true;
}

void Punctuality::note_pause(Duration lateness) {
    worst_pause_ = std::max(worst_pause_, lateness);
}

std::string Punctuality::text() const {
    std::string text = std::to_string(events_) + " events";
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (counts_.at(i) == 0) continue;
        text += ", " + std::to_string(counts_.at(i)) + " within " + format_brief(bounds.at(i));
    }
    if (counts_.back() > 0) text += ", " + std::to_string(counts_.back()) + " later than that";
    if (events_ > 0) text += "; worst " + format_brief(worst_) + " at " + format_time(worst_at_);
    text += "; overruns (more than " + format_brief(allowed_) + "): " + std::to_string(overruns_);
    if (worst_pause_ > Duration::zero()) {
        text += "; held up by the plan's own code by at most " + format_brief(worst_pause_);
    }
    return text;
}

std::string Punctuality::problem() const {
    if (overruns_ == 0) return {};
    return "the rig was late for " + std::to_string(overruns_) + " of its " +
           std::to_string(events_) + " events, at worst by " + format_brief(worst_) + " at " +
           format_time(worst_at_) + "; allowed are " + format_brief(allowed_) +
           " (timing: lateness: in the bench file). Look what else this machine does, and whether "
           "it grants real-time priority (bmsrig check-bench)";
}

}  // namespace bmsrig
