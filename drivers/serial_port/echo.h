// The echo of a two-wire adapter: it hears what it sends.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "rig/time.h"

namespace bmsrig {

class Echo {
  public:
    enum class Heard : std::uint8_t {
        foreign,   ///< a byte of the other side
        own,       ///< as it was sent
        collision  ///< another one where an own byte was due: both sides were sending
    };

    /// These go out and will have been heard by `until`.
    void sent(std::span<const std::uint8_t> bytes, Instant until) {
        due_.insert(due_.end(), bytes.begin(), bytes.end());
        until_ = until;
    }
    /// An echo that has not come in time does not come any more: the cable is off.
    Heard take(std::uint8_t byte, Instant now) {
        if (now > until_) due_.clear();
        if (due_.empty()) return Heard::foreign;
        const bool is_own = due_.front() == byte;
        due_.pop_front();
        return is_own ? Heard::own : Heard::collision;
    }
    void clear() { due_.clear(); }

  private:
    std::deque<std::uint8_t> due_;
    Instant until_;
};

}  // namespace bmsrig
