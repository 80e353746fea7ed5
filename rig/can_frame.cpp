#include "rig/can_frame.h"

#include "rig/hex.h"

namespace bmsrig {

namespace {

constexpr std::size_t standard_digits = 3;
constexpr std::size_t extended_digits = 8;
constexpr std::uint32_t last_extended = 0x1FFFFFFF;

}  // namespace

std::string to_string(const CanFrame& frame) {
    std::string text;
    for (std::size_t i = frame.extended ? extended_digits : standard_digits; i-- > 0;) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        text += digits[frame.id >> (4 * i) & 0xFU];
    }
    text += '#';
    if (frame.remote) return text + 'R';
    return text + hex(frame.bytes());
}

std::optional<CanFrame> can_frame_from(std::string_view text) {
    CanFrame frame;
    const std::size_t hash = text.find('#');
    if (hash != standard_digits && hash != extended_digits) return std::nullopt;
    frame.extended = hash == extended_digits;
    for (const char character : text.substr(0, hash)) {
        const int value = hex_digit(character);
        if (value < 0) return std::nullopt;
        frame.id = frame.id << 4U | static_cast<std::uint32_t>(value);
    }
    if (frame.id > (frame.extended ? last_extended : last_standard_id)) return std::nullopt;
    const std::string_view data = text.substr(hash + 1);
    if (data == "R") {
        frame.remote = true;
        return frame;
    }
    if (data.size() > 2 * frame.data.size() || data.size() % 2 != 0) return std::nullopt;
    for (std::size_t i = 0; i < data.size(); i += 2) {
        const int high = hex_digit(data[i]);
        const int low = hex_digit(data[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        frame.data.at(frame.length++) = static_cast<std::uint8_t>(high << 4 | low);
    }
    return frame;
}

}  // namespace bmsrig
