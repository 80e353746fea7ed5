#include "reports/can_summary.h"

#include <algorithm>

#include "reports/can_blocks.h"

namespace bmsrig {

namespace {

/// Wraps for times at both ends of the range, which only a damaged block has.
Duration between(Instant earlier, Instant later) {
    return Duration{static_cast<std::int64_t>(static_cast<std::uint64_t>(to_ns(later)) -
                                              static_cast<std::uint64_t>(to_ns(earlier)))};
}

}  // namespace

std::vector<CanSummary> summarise_can_events(std::string_view blob) {
    CanBlockReader reader(blob);
    std::vector<CanSummary> summaries;
    CanEvent event;
    while (reader.next(event)) {
        if (reader.place() == summaries.size()) {
            summaries.push_back({event, event.time, 1, {}, {}});
            continue;
        }
        CanSummary& summary = summaries[reader.place()];
        const Duration period = between(summary.last.time, event.time);
        summary.shortest = summary.count == 1 ? period : std::min(summary.shortest, period);
        summary.longest = std::max(summary.longest, period);
        summary.last = event;
        ++summary.count;
    }
    return summaries;
}

}  // namespace bmsrig
