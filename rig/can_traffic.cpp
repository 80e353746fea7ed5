#include "rig/can_traffic.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace bmsrig {

namespace {

using namespace std::chrono_literals;

constexpr Duration window = 1s;
constexpr double percent = 100;
/// Finer steps would show how the stuff bits of other frames shift a frame, and fill the trace.
constexpr Duration period_step = 100us;

SignalId declared(Trace& trace, const std::string& name, Unit unit) {
    return trace.find_or_declare({name, SignalKind::analog, unit});
}

std::string hexadecimal(std::uint32_t id, bool extended) {
    std::array<char, 16> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), extended ? "0x%08x" : "0x%03x", id));
    return text.data();
}

Duration rounded(Duration period) {
    return (period + period_step / 2) / period_step * period_step;
}

}  // namespace

CanTraffic::CanTraffic(Trace& trace, const std::string& bus, Instant now)
    : trace_(trace),
      prefix_("bus." + bus + "."),
      load_(declared(trace, prefix_ + "load", Unit::percent)),
      error_frames_(declared(trace, prefix_ + "error_frames", Unit::none)),
      window_end_(now + window) {}

void CanTraffic::take(const CanEvent& event) {
    // A frame may have begun in a window and ended in the next one.
    const Instant begin = event.time - event.on_wire;
    close_windows(begin);
    if (window_end_ < event.time) {
        busy_ += window_end_ - begin;
        close_windows(event.time);
        busy_ += std::min(event.on_wire, event.time - (window_end_ - window));
    } else {
        busy_ += event.on_wire;
    }
    if (event.kind == CanEvent::Kind::received) hear(event);
    if (event.kind == CanEvent::Kind::error) {
        trace_.append(error_frames_, event.time, static_cast<double>(++errors_));
    }
}

void CanTraffic::pass(Instant now) {
    close_windows(now);
}

/// Closes what ends at `until` or before.
void CanTraffic::close_windows(Instant until) {
    if (until < window_end_) return;
    trace_.append(load_, window_end_, percent * to_seconds(busy_) / to_seconds(window));
    busy_ = {};
    window_end_ += window;
    if (until < window_end_) return;
    trace_.append(load_, window_end_, 0);  // and so all that follow
    window_end_ += (until - window_end_) / window * window + window;
}

void CanTraffic::hear(const CanEvent& event) {
    Heard& heard = heard_.at(event.frame.id, event.frame.extended);
    CanIdentifier& state = heard.state;
    if (state.count == 0) {
        state.first = event.time;
    } else {
        note_period(heard, event.time - state.time);
    }
    ++state.count;
    state.time = event.time;
    state.frame = event.frame;
}

void CanTraffic::note_period(Heard& heard, Duration period) {
    CanIdentifier& state = heard.state;
    state.shortest = state.count == 1 ? period : std::min(state.shortest, period);
    state.longest = std::max(state.longest, period);
    if (!heard.period) {
        heard.period = declared(
            trace_, prefix_ + hexadecimal(state.frame.id, state.frame.extended) + ".period",
            Unit::second);
    }
    // Most repeat; those need not be rounded to know it.
    if (period != state.period) {
        trace_.append(*heard.period, state.time + period, to_seconds(rounded(period)));
    }
    state.period = period;
}

const CanIdentifier* CanTraffic::identifier(std::uint32_t id, bool extended) const {
    const Heard* heard = heard_.find(id, extended);
    return heard == nullptr ? nullptr : &heard->state;
}

}  // namespace bmsrig
