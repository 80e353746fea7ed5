#include "drivers/common/line_debouncer.h"

namespace bmsrig {

namespace {

constexpr std::size_t index_of(LineLevel level) {
    return static_cast<std::size_t>(level);
}

}  // namespace

std::optional<LineChange> LineDebouncer::feed(LineLevel level, Instant when) {
    if (level == net_) return std::nullopt;
    // A level that lasted the whole debounce counts, also if the next one comes before anybody
    // asked.
    const auto change = settle(when);
    net_ = level;
    last_change_ = when;
    unrest_ = true;
    auto& first = first_contact_.at(index_of(level));
    if (!first) first = when;
    return change;
}

std::optional<LineChange> LineDebouncer::settle(Instant now) {
    if (!unrest_ || last_change_ + debounce_ > now) return std::nullopt;
    unrest_ = false;
    std::optional<LineChange> change;
    if (net_ != debounced_) {  // otherwise it was a glitch
        debounced_ = net_;
        change = {*first_contact_.at(index_of(net_)), net_};
    }
    first_contact_ = {};
    return change;
}

std::optional<Instant> LineDebouncer::due() const {
    if (!unrest_) return std::nullopt;
    return last_change_ + debounce_;
}

}  // namespace bmsrig
