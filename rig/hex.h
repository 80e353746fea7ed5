// Bytes as upper-case hex digits, the way the link's contract writes them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

/// The value of an upper-case hex digit; -1 for any other character.
constexpr int hex_digit(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

/// "0A0B".
std::string hex(std::span<const std::uint8_t> bytes);
/// The inverse, of digits that were checked before. Replaces what `bytes` holds.
void bytes_from_hex(std::string_view digits, std::vector<std::uint8_t>& bytes);

}  // namespace bmsrig
