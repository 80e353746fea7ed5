// The debounce of one line: which of its changes are edges, and when each of them was.
#pragma once

#include <array>
#include <optional>

#include "rig/instruments/line_bank.h"
#include "rig/time.h"

namespace bmsrig {

/// A line has another level for good, from `time` on: the first moment at which it had that level
/// since it left the former one. Bounces shorter than the debounce do not move it.
struct LineChange {
    Instant time;
    LineLevel level = LineLevel::indeterminate;
};

class LineDebouncer {
  public:
    LineDebouncer() = default;
    explicit LineDebouncer(LineLevel level) : net_(level), debounced_(level) {}

    [[nodiscard]] LineLevel level() const { return debounced_; }
    [[nodiscard]] LineLevel net() const { return net_; }  ///< before the debounce
    [[nodiscard]] Duration debounce() const { return debounce_; }
    /// Acts on a level that waits, too.
    void set_debounce(Duration debounce) { debounce_ = debounce; }

    /// The net has this level since `when`, which is no earlier than any `when` before. Returns the
    /// change that had come to rest by then. What lasted exactly the debounce counts.
    std::optional<LineChange> feed(LineLevel level, Instant when);
    /// Returns the change that has come to rest by `now`.
    std::optional<LineChange> settle(Instant now);
    /// When to ask settle() again; nothing while the line is at rest.
    [[nodiscard]] std::optional<Instant> due() const;
    /// When it came to rest, or will if nothing happens.
    [[nodiscard]] Instant settled_at() const {
        return unrest_ ? last_change_ + debounce_ : last_change_;
    }

  private:
    static constexpr std::size_t level_count = 3;

    LineLevel net_ = LineLevel::indeterminate;
    LineLevel debounced_ = LineLevel::indeterminate;
    Duration debounce_{};
    bool unrest_ = false;  // the net has left the debounced level and may still come back
    Instant last_change_;  // of the net
    std::array<std::optional<Instant>, level_count> first_contact_;  // with each level since then
};

}  // namespace bmsrig
