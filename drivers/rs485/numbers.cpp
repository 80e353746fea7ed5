#include "drivers/rs485/numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace bmsrig::rs485 {

namespace {

constexpr int most_decimals = 8;       // IOJA needs them
using Digits = std::array<char, 400>;  // the longest double in fixed notation has 309 digits

std::string in_digits(double value, std::chars_format format, int decimals) {
    Digits digits;
    const auto result =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, format, decimals);
    return {digits.data(), result.ptr};
}

}  // namespace

std::optional<double> number_from(std::string_view text) {
    constexpr std::string_view blanks{" \t\r\n\0", 5};
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
    if (text.front() == '+' && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size() ||
        !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string scientific(double value) {
    std::string text = in_digits(value, std::chars_format::scientific, 4);
    const std::size_t mark = text.find('e');
    if (mark == std::string::npos) return text;  // not a finite number
    std::size_t digits = mark + 1;
    if (text[digits] == '+') {
        text.erase(digits, 1);
    } else {
        ++digits;
    }
    while (digits + 1 < text.size() && text[digits] == '0') text.erase(digits, 1);
    return text;
}

FixedNumber fixed(double value, int decimals) {
    if (!std::isfinite(value)) throw std::invalid_argument("only a finite number can be sent");
    std::string text = in_digits(value, std::chars_format::fixed, most_decimals);
    int left = most_decimals;
    for (; left > decimals && text.back() == '0'; --left) text.pop_back();
    if (left == 0 && text.back() == '.') text.pop_back();
    return {std::move(text), left};
}

}  // namespace bmsrig::rs485
