// What a terminal in PARMRK mode hands over: bytes, and marks of those that were no good.
#pragma once

#include <cstdint>
#include <optional>

namespace bmsrig {

/// One byte as it came in.
struct MarkedByte {
    std::uint8_t byte = 0;
    bool is_sound = true;  ///< false: its stop bit (or parity bit) was not there, or a break
};

/// termios(3), PARMRK: a byte with an error comes as FF 00 and the byte, a sound FF as FF FF.
class MarkedBytes {
  public:
    /// Nothing as long as a mark is incomplete.
    std::optional<MarkedByte> take(std::uint8_t next) {
        switch (state_) {
            case State::plain:
                if (next != mark) return MarkedByte{next, true};
                state_ = State::marked;
                return std::nullopt;
            case State::marked:
                state_ = next == 0 ? State::spoiled : State::plain;
                if (next == 0) return std::nullopt;
                return MarkedByte{next, true};
            case State::spoiled:
                state_ = State::plain;
                return MarkedByte{next, false};
        }
        return std::nullopt;
    }

  private:
    static constexpr std::uint8_t mark = 0xFF;
    enum class State : std::uint8_t { plain, marked, spoiled };
    State state_ = State::plain;
};

}  // namespace bmsrig
