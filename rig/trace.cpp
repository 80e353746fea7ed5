#include "rig/trace.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

/// How much is read back from the store at a time: a long look back costs few reads.
constexpr std::uint64_t window_changes = 64U << 10U;

/// Room for most tests from the start: in real time an edge should not wait for memory.
constexpr std::size_t room_for_changes = 4096;

/// What a scaling by 0.01 left behind the twelfth digit says nothing to a reader.
double without_binary_rest(double value) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                       std::chars_format::general, 12);
    double rounded = value;
    std::from_chars(text.data(), written.ptr, rounded);
    return rounded;
}

bool is_signal_name(std::string_view name) {
    return !name.empty() && name.size() <= 200 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    });
}

}  // namespace

std::string_view to_string(SignalKind kind) {
    switch (kind) {
        case SignalKind::analog:
            return "analog";
        case SignalKind::line:
            return "line";
        case SignalKind::stage:
            return "stage";
        case SignalKind::contact:
            return "contact";
        case SignalKind::level:
            return "level";
    }
    return "?";
}

std::string describe_value(SignalKind kind, Unit unit, double value) {
    const auto pick = [&](std::initializer_list<const char*> words) -> std::string {
        const auto index = static_cast<std::size_t>(value);
        return value >= 0 && index < words.size() ? words.begin()[index] : format_number(value);
    };
    switch (kind) {
        case SignalKind::line:
            return pick({"inactive", "active", "indeterminate"});
        case SignalKind::stage:
            return pick({"low", "high", "float"});
        case SignalKind::contact:
            return pick({"open", "closed"});
        case SignalKind::level:
            return pick({"off", "on"});
        case SignalKind::analog:
            break;
    }
    return std::isnan(value) ? "open" : format_quantity(without_binary_rest(value), unit);
}

Trace::Trace(std::size_t memory_limit)
    : limit_(std::max<std::size_t>(memory_limit / sizeof(Change), 16)) {
    changes_.reserve(std::min(limit_, room_for_changes));
}

SignalId Trace::declare(const SignalInfo& info) {
    if (!is_signal_name(info.name)) {
        throw InputError(
            "\"" + info.name +
            "\" is no signal name; expected 1 to 200 of the letters a-z, 0-9, '_' and '.'");
    }
    const auto id = static_cast<SignalId>(infos_.size());
    if (!ids_.emplace(info.name, id).second) {
        throw InputError("signal \"" + info.name +
                         "\" is declared twice; every signal has one source");
    }
    infos_.push_back(info);
    last_.emplace_back();
    return id;
}

SignalId Trace::find_or_declare(const SignalInfo& info) {
    const auto known = find(info.name);
    if (!known) return declare(info);
    if (infos_[*known] == info) return *known;
    throw InputError("the signal \"" + info.name +
                     "\" is known as one of another kind or unit; names of signals are unique");
}

std::optional<SignalId> Trace::find(std::string_view name) const {
    const auto found = ids_.find(std::string(name));
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

SignalId Trace::require(std::string_view name) const {
    if (const auto id = find(name)) return *id;
    const auto names = names_of(infos_, &SignalInfo::name);
    throw Error("there is no signal \"" + std::string(name) + "\" in the trace; " +
                suggest(name, names));
}

bool Trace::append(SignalId signal, Instant time, double value) {
    Last& last = last_[signal];
    if (last.any) {
        if (same_value(last.value, value)) return false;
        if (time < last.time) {
            throw Error("signal " + infos_[signal].name + " would go back in time, from " +
                        format_time(last.time) + " to " + format_time(time));
        }
    }
    if (changes_.size() >= limit_) spill();
    const std::uint64_t number = size();
    const std::uint64_t back = last.any ? number - last.number : 0;
    if (back > UINT32_MAX) {
        throw Error("signal " + infos_[signal].name +
                    " was still for more than 4 billion changes of others; split the test");
    }
    changes_.push_back({time, value, signal, static_cast<std::uint32_t>(back)});
    last = {number, time, value, true};
    return true;
}

void Trace::mark(Instant time, std::string text) {
    marks_.push_back({time, std::move(text)});
}

void Trace::spill() {
    if (store_ == nullptr) {
        limit_ = SIZE_MAX;  // nowhere to put them
        return;
    }
    flush();
    // The younger half stays: that is where plans look.
    const std::size_t leaving = changes_.size() / 2;
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(leaving));
    first_in_memory_ += leaving;
}

void Trace::flush() {
    if (store_ == nullptr || written_ == size()) return;
    store_->write(written_, std::span<const Change>(changes_).subspan(written_ - first_in_memory_));
    written_ = size();
}

Change Trace::at(std::uint64_t number) const {
    if (number >= first_in_memory_) return changes_[number - first_in_memory_];
    if (number < window_first_ || number >= window_first_ + window_.size()) {
        window_first_ = number - number % window_changes;
        const auto count = std::min<std::uint64_t>(window_changes, written_ - window_first_);
        window_ = store_->read(window_first_, static_cast<std::size_t>(count));
    }
    return window_.at(number - window_first_);
}

/// Calls visit(number, change) from the signal's newest change backwards while it returns true.
template <typename Visit>
void Trace::walk_back(SignalId signal, Visit visit) const {
    const Last& last = last_.at(signal);
    if (!last.any) return;
    std::uint64_t number = last.number;
    while (true) {
        const Change change = at(number);
        if (!visit(number, change) || change.back == 0) return;
        number -= change.back;
    }
}

std::optional<NumberedChange> Trace::last(SignalId signal) const {
    const Last& last = last_.at(signal);
    if (!last.any) return std::nullopt;
    return NumberedChange{last.number, last.time, last.value};
}

std::optional<double> Trace::value_at(SignalId signal, Instant time) const {
    std::optional<double> value;
    walk_back(signal, [&](std::uint64_t, const Change& change) {
        if (change.time > time) return true;
        value = change.value;
        return false;
    });
    return value;
}

std::vector<NumberedChange> Trace::changes(SignalId signal, Instant from, std::size_t most) const {
    std::vector<NumberedChange> found;
    walk_back(signal, [&](std::uint64_t number, const Change& change) {
        if (found.size() >= most) return false;
        found.push_back({number, change.time, change.value});
        return change.time > from;
    });
    std::ranges::reverse(found);
    return found;
}

std::vector<NumberedChange> Trace::changes_since(SignalId signal, std::uint64_t number) const {
    std::vector<NumberedChange> found;
    walk_back(signal, [&](std::uint64_t at_number, const Change& change) {
        if (at_number < number) return false;
        found.push_back({at_number, change.time, change.value});
        return true;
    });
    std::ranges::reverse(found);
    return found;
}

std::string Trace::text() const {
    std::string text;
    for (std::uint64_t number = 0; number < size(); ++number) {
        const Change change = at(number);
        const SignalInfo& info = infos_[change.signal];
        text += std::to_string(to_ns(change.time)) + " " + info.name + " " +
                describe_value(info.kind, info.unit, change.value) + "\n";
    }
    return text;
}

void Trace::restart() {
    std::ranges::fill(last_, Last{});
    changes_.clear();
    first_in_memory_ = 0;
    written_ = 0;
    marks_.clear();
    window_.clear();
    window_first_ = 0;
}

}  // namespace bmsrig
