// Something for each identifier on a CAN bus.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "rig/can_frame.h"

namespace bmsrig {

/// A map whose key is an identifier with its format. Those of 11 bits, which nearly all frames of a
/// BMS have, are found without a search.
template <typename Value>
class CanTable {
  public:
    CanTable() = default;
    CanTable(const CanTable&) = delete;
    CanTable& operator=(const CanTable&) = delete;

    /// What stands there, made anew if nothing does. It stays where it is.
    Value& at(std::uint32_t id, bool extended) {
        Value*& place = extended ? extended_[id] : standard_[id & last_standard_id];
        if (place == nullptr) place = &values_.emplace_back();
        return *place;
    }
    /// nullptr if nothing does.
    [[nodiscard]] const Value* find(std::uint32_t id, bool extended) const {
        if (!extended) return id <= last_standard_id ? standard_[id] : nullptr;
        const auto found = extended_.find(id);
        return found == extended_.end() ? nullptr : found->second;
    }

  private:
    std::deque<Value> values_;
    std::array<Value*, last_standard_id + 1> standard_{};
    std::unordered_map<std::uint32_t, Value*> extended_;
};

}  // namespace bmsrig
