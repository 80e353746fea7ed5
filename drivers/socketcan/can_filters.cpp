#include "drivers/socketcan/can_filters.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>

#include "rig/error.h"

namespace bmsrig {

namespace {

std::optional<std::uint32_t> read_hex(std::string_view text) {
    std::uint32_t value = 0;
    const auto [stopped, problem] = std::from_chars(text.begin(), text.end(), value, 16);
    if (problem != std::errc{} || stopped != text.end() || value > CAN_EFF_MASK)
        return std::nullopt;
    return value;
}

can_filter parse_one(const std::string& text) {
    constexpr std::size_t standard_digits = 3;
    const std::size_t sign = text.find_first_of(":~");
    if (sign != std::string::npos) {
        const auto id = read_hex(std::string_view(text).substr(0, sign));
        const auto mask = read_hex(std::string_view(text).substr(sign + 1));
        const bool is_extended = sign > standard_digits;
        if (id && mask && (is_extended || *id <= CAN_SFF_MASK)) {
            return {
                *id | (is_extended ? CAN_EFF_FLAG : 0U) | (text[sign] == '~' ? CAN_INV_FILTER : 0U),
                *mask | CAN_EFF_FLAG};
        }
    }
    throw InputError(
        "\"" + text +
        "\" is no filter of CAN frames; expected <identifier>:<mask>, or ~ instead of "
        ": for the others, in hexadecimal, as in \"100:7FF\" or \"18F00000:1FFF0000\"");
}

}  // namespace

std::vector<can_filter> parse_can_filters(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::vector<can_filter> filters;
    for (std::string word; words >> word;) filters.push_back(parse_one(word));
    return filters;
}

bool passes(const std::vector<can_filter>& filters, const can_frame& frame) {
    if (filters.empty()) return true;
    return std::ranges::any_of(filters, [&frame](const can_filter& filter) {
        const std::uint32_t wanted = filter.can_id & ~CAN_INV_FILTER;
        const bool matches = (frame.can_id & filter.can_mask) == (wanted & filter.can_mask);
        return matches != ((filter.can_id & CAN_INV_FILTER) != 0);
    });
}

}  // namespace bmsrig
