#include "drivers/scpi/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "rig/names.h"

namespace bmsrig::scpi {

namespace {

constexpr double not_a_number = 9.91e37;
constexpr double overload = 9.9e37;
constexpr std::size_t most_channels = 1024;

std::optional<int> whole_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// None, or one without a prefix: "12 mV" is not 12, and "3.3E" has lost its exponent.
bool is_base_unit(std::string_view text) {
    constexpr std::array<std::string_view, 12> known{"",    "v", "vdc", "a", "adc", "ohm",
                                                     "cel", "c", "s",   "%", "pct", "hz"};
    return std::ranges::find(known, std::string_view(lower_case(text))) != known.end();
}

/// "2026-03-01" if there is such a day.
std::optional<std::string> date_of(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    constexpr int first_year = 1970;
    constexpr int last_year = 9999;
    if (!date.ok() || year < first_year || year > last_year) return std::nullopt;
    std::array<char, 32> buffer{};
    static_cast<void>(
        std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d", year, month, day));
    return buffer.data();
}

std::optional<std::string> date_of(const std::vector<std::string_view>& parts, bool american) {
    if (parts.size() != 3) return std::nullopt;
    const auto first = whole_number(parts[0]);
    const auto second = whole_number(parts[1]);
    const auto third = whole_number(parts[2]);
    if (!first || !second || !third) return std::nullopt;
    return american ? date_of(*third, *first, *second) : date_of(*first, *second, *third);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    if (trimmed(text).empty()) return parts;
    std::size_t begin = 0;
    bool in_string = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '"') in_string = !in_string;
        if (i < text.size() && (in_string || text[i] != separator)) continue;
        const std::string_view part = trimmed(text.substr(begin, i - begin));
        // Several spaces part words as one does.
        if (separator != ' ' || !part.empty()) parts.push_back(part);
        begin = i + 1;
    }
    return parts;
}

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 60;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string safe;
    for (const char each : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(each);
        if (byte >= ' ' && byte < 0x7f) {
            safe += each;
        } else {
            safe.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xfU]);
        }
    }
    return "\"" + safe + (text.size() > longest ? "...\"" : "\"");
}

std::optional<double> parse_number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{}) return std::nullopt;
    const std::string_view rest = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!is_base_unit(rest) || !std::isfinite(value)) return std::nullopt;
    if (value >= not_a_number * (1 - 1e-6)) return std::numeric_limits<double>::quiet_NaN();
    if (std::abs(value) >= overload * (1 - 1e-6)) {
        return std::copysign(std::numeric_limits<double>::infinity(), value);
    }
    return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
    const std::string word = lower_case(trimmed(text));
    if (word == "1" || word == "on") return true;
    if (word == "0" || word == "off") return false;
    return std::nullopt;
}

std::string parse_string(std::string_view text) {
    text = trimmed(text);
    if (text.size() < 2 || (text.front() != '"' && text.front() != '\'') ||
        text.back() != text.front()) {
        return std::string(text);
    }
    const char quote = text.front();
    std::string value;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        value += text[i];
        if (text[i] == quote && i + 2 < text.size() && text[i + 1] == quote) ++i;
    }
    return value;
}

std::string format_value(double value) {
    std::array<char, 512> buffer{};  // the longest double without exponent fits
    const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                              value + 0.0, std::chars_format::fixed);
    return problem == std::errc{} ? std::string(buffer.data(), end) : "?";
}

std::string format_value(double value, int decimals) {
    std::array<char, 512> buffer{};
    const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                              value + 0.0, std::chars_format::fixed, decimals);
    return problem == std::errc{} ? std::string(buffer.data(), end) : "?";
}

std::optional<std::vector<int>> parse_channels(std::string_view text) {
    std::vector<int> channels;
    for (const std::string_view part : split(text, ',')) {
        const auto ends = split(part, ':');
        if (ends.empty() || ends.size() > 2) return std::nullopt;
        const auto first = whole_number(ends.front());
        const auto last = whole_number(ends.back());
        if (!first || !last || *first < 0 || *last < *first) return std::nullopt;
        if (channels.size() + static_cast<std::size_t>(*last - *first) >= most_channels) {
            return std::nullopt;
        }
        for (int channel = *first; channel <= *last; ++channel) channels.push_back(channel);
    }
    if (channels.empty()) return std::nullopt;
    return channels;
}

std::string format_channels(const std::vector<int>& channels) {
    std::string text;
    for (std::size_t i = 0; i < channels.size();) {
        std::size_t last = i;
        while (last + 1 < channels.size() && channels[last + 1] == channels[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(channels[i]);
        if (last > i) text.append(last > i + 1 ? ":" : ",").append(std::to_string(channels[last]));
        i = last + 1;
    }
    return text;
}

std::optional<QueuedError> parse_error(std::string_view text) {
    const auto comma = text.find(',');
    const auto number = whole_number(trimmed(text.substr(0, comma)));
    if (!number) return std::nullopt;
    if (comma == std::string_view::npos) return QueuedError{*number, ""};
    return QueuedError{*number, parse_string(text.substr(comma + 1))};
}

std::string iso_date(std::string_view text) {
    const std::string plain = parse_string(text);
    std::optional<std::string> date;
    if (plain.size() == 8 && whole_number(plain)) {
        constexpr int hundred = 100;
        const int digits = *whole_number(plain);
        date = date_of(digits / hundred / hundred, digits / hundred % hundred, digits % hundred);
    }
    for (const char separator : {',', '-'}) {
        if (!date) date = date_of(split(plain, separator), false);
    }
    if (!date) date = date_of(split(plain, '/'), true);
    return date.value_or(plain);
}

std::string older_date(const std::string& one, const std::string& other) {
    for (const std::string& each : {one, other}) {
        if (!date_of(split(each, '-'), false)) return each;
    }
    return std::min(one, other);  // ISO dates are in the order of their texts
}

}  // namespace bmsrig::scpi
