#include "rig/can_rate_detection.h"

#include <algorithm>
#include <string>

#include "rig/error.h"

namespace bmsrig {

namespace {

/// A sound frame ends the search within this.
constexpr Duration slice = std::chrono::milliseconds{10};

std::string where(const CanAdapter& adapter, int channel) {
    return "instrument \"" + adapter.name() + "\", channel " + std::to_string(channel);
}

void check(const CanAdapter& adapter, int channel, const CanRateSearch& search) {
    if (search.candidates.empty() || std::ranges::count(search.candidates, 0U) != 0) {
        throw InputError(where(adapter, channel) +
                         ": expected at least one bit rate to listen at, and each in bit/s");
    }
    if (search.listening <= Duration{}) {
        throw InputError(where(adapter, channel) + ": listening for " +
                         format_duration(search.listening) +
                         " finds no bit rate; expected more than 0 s");
    }
    if (adapter.state(channel) == CanState::bus_off) {
        throw InputError(where(adapter, channel) +
                         ": its node is off the bus and hears nothing; let it recover before "
                         "looking for the bit rate");
    }
}

/// What has come at one rate.
struct Seen {
    std::uint64_t sound = 0;
    std::uint64_t error_frames = 0;
};

Seen since(const CanBusCounts& before, const CanBusCounts& now) {
    return {now.received + now.unacknowledged - before.received - before.unacknowledged,
            now.error_frames - before.error_frames};
}

Seen listen(CanAdapter& adapter, int channel, Duration longest,
            const std::function<void(Duration)>& run) {
    const CanBusCounts before = adapter.counts(channel);
    Seen seen;
    for (Duration left = longest; left > Duration{} && seen.sound == 0;) {
        const Duration next = std::min(left, slice);
        run(next);
        left -= next;
        seen = since(before, adapter.counts(channel));
    }
    return seen;
}

/// Nothing set back yet.
CanRateFound search_rate(CanAdapter& adapter, int channel, const CanRateSearch& search,
                         const std::function<void(Duration)>& run) {
    adapter.set_listen_only(channel, true);
    CanRateFound found;
    std::string& report = found.heard;
    for (const std::uint32_t candidate : search.candidates) {
        adapter.set_bit_rate(channel, candidate);
        const Seen seen = listen(adapter, channel, search.listening, run);
        report += report.empty() ? "" : ", ";
        report += std::to_string(candidate) + " bit/s: ";
        if (seen.sound != 0) {
            report += "sound frames";
            found.bit_rate = candidate;
            break;
        }
        report += seen.error_frames == 0 ? "silence"
                                         : std::to_string(seen.error_frames) + " error frames";
    }
    return found;
}

void restore(CanAdapter& adapter, int channel, const CanSettings& settings) {
    adapter.set_bit_rate(channel, settings.bit_rate);  // still silent, so this disturbs nobody
    adapter.set_listen_only(channel, settings.listen_only);
}

}  // namespace

CanRateFound detect_can_bit_rate(CanAdapter& adapter, int channel, const CanRateSearch& search,
                                 const std::function<void(Duration)>& run) {
    check(adapter, channel, search);
    const CanSettings before = adapter.settings(channel);
    try {
        CanRateFound found = search_rate(adapter, channel, search, run);
        restore(adapter, channel, before);
        return found;
    } catch (...) {
        restore(adapter, channel, before);
        throw;
    }
}

}  // namespace bmsrig
