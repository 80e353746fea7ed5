#include "drivers/instrument_server/scpi_call.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "drivers/instrument_server/scpi_failure.h"

namespace bmsrig::scpi_server {

namespace {

struct Suffix {
    std::string_view text;
    Unit unit;
    double factor;
    double divisor = 1;  ///< 3300 MV are 3.3 V and nothing else
};

/// SCPI-99 volume 1, 7.5 and IEEE 488.2 table 7-1: M is milli, except in front of OHM and HZ.
constexpr std::array suffixes{
    Suffix{"NV", Unit::volt, 1, 1e9},   Suffix{"UV", Unit::volt, 1, 1e6},
    Suffix{"MV", Unit::volt, 1, 1e3},   Suffix{"V", Unit::volt, 1},
    Suffix{"KV", Unit::volt, 1e3},      Suffix{"NA", Unit::ampere, 1, 1e9},
    Suffix{"UA", Unit::ampere, 1, 1e6}, Suffix{"MA", Unit::ampere, 1, 1e3},
    Suffix{"A", Unit::ampere, 1},       Suffix{"KA", Unit::ampere, 1e3},
    Suffix{"OHM", Unit::ohm, 1},        Suffix{"KOHM", Unit::ohm, 1e3},
    Suffix{"MOHM", Unit::ohm, 1e6},     Suffix{"CEL", Unit::celsius, 1},
    Suffix{"NS", Unit::second, 1, 1e9}, Suffix{"US", Unit::second, 1, 1e6},
    Suffix{"MS", Unit::second, 1, 1e3}, Suffix{"S", Unit::second, 1},
    Suffix{"PCT", Unit::percent, 1},
};

double in_base_unit(const Parameter& number, Unit unit) {
    if (number.text.empty()) return number.number;
    if (unit == Unit::none) throw Failure(code::suffix_not_allowed, number.text);
    const auto known = std::ranges::find(suffixes, std::string_view(number.text), &Suffix::text);
    if (known == suffixes.end() || known->unit != unit) {
        throw Failure(code::invalid_suffix, number.text);
    }
    return number.number * known->factor / known->divisor;
}

int checked(int channel, int count, Code otherwise) {
    if (channel >= 1 && channel <= count) return channel;
    throw Failure(otherwise, std::to_string(std::max(channel, 0)) + " of " + std::to_string(count) +
                                 " channels");
}

}  // namespace

std::string number_text(double value) {
    if (std::isnan(value)) return "9.91E37";
    if (std::isinf(value)) return value > 0 ? "9.9E37" : "-9.9E37";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    std::string digits(text.data(), end);
    std::ranges::replace(digits, 'e', 'E');
    return digits;
}

bool matches(std::string_view pattern, std::string_view mnemonic, int* suffix) {
    if (suffix != nullptr) {
        const auto digits = mnemonic.find_last_not_of("0123456789") + 1;
        *suffix = 0;
        if (digits < mnemonic.size()) {
            const auto [end, error] = std::from_chars(mnemonic.data() + digits,
                                                      mnemonic.data() + mnemonic.size(), *suffix);
            if (error != std::errc()) return false;
            if (*suffix == 0) *suffix = -1;  // "SOUR0" is no channel, and not one left out either
        }
        mnemonic = mnemonic.substr(0, digits);
    }
    const auto is_capital = [](char c) { return c < 'a' || c > 'z'; };
    const auto short_size = std::ranges::count_if(pattern, is_capital);
    if (mnemonic.size() != pattern.size() &&
        mnemonic.size() != static_cast<std::size_t>(short_size)) {
        return false;
    }
    const auto same = [](char letter, char of_pattern) {
        return letter == (of_pattern >= 'a' && of_pattern <= 'z'
                              ? static_cast<char>(of_pattern - 'a' + 'A')
                              : of_pattern);
    };
    return std::equal(mnemonic.begin(), mnemonic.end(), pattern.begin(), same);
}

bool Call::has(Parameter::Kind kind) const {
    return taken_ < command_.parameters.size() && command_.parameters[taken_].kind == kind;
}

const Parameter& Call::take() {
    if (taken_ == command_.parameters.size()) throw Failure(code::missing);
    return command_.parameters[taken_++];
}

double Call::number(const NumberRange& range) {
    const Parameter& parameter = take();
    if (parameter.kind == Parameter::Kind::word) {
        if (matches("MINimum", parameter.text, nullptr)) return range.minimum;
        if (matches("MAXimum", parameter.text, nullptr)) return range.maximum;
        if (matches("DEFault", parameter.text, nullptr)) return range.standard;
    }
    if (parameter.kind != Parameter::Kind::number) throw Failure(code::data_type);
    const double value = in_base_unit(parameter, range.unit);
    if (value >= range.minimum && value <= range.maximum) return value;
    throw Failure(code::out_of_range, number_text(value) + " outside " +
                                          number_text(range.minimum) + " to " +
                                          number_text(range.maximum));
}

bool Call::boolean() {
    const Parameter& parameter = take();
    if (parameter.kind == Parameter::Kind::word) {
        if (parameter.text == "ON") return true;
        if (parameter.text == "OFF") return false;
        throw Failure(code::character_data, parameter.text);
    }
    if (parameter.kind != Parameter::Kind::number) throw Failure(code::data_type);
    if (!parameter.text.empty()) throw Failure(code::suffix_not_allowed, parameter.text);
    return std::round(parameter.number) != 0;  // SCPI-99 volume 1, 7.3
}

std::size_t Call::word(const std::vector<std::string_view>& patterns) {
    const Parameter& parameter = take();
    if (parameter.kind != Parameter::Kind::word) throw Failure(code::data_type);
    const auto found = std::ranges::find_if(
        patterns, [&](auto pattern) { return matches(pattern, parameter.text, nullptr); });
    if (found == patterns.end()) throw Failure(code::character_data, parameter.text);
    return static_cast<std::size_t>(found - patterns.begin());
}

std::string Call::string() {
    const Parameter& parameter = take();
    if (parameter.kind != Parameter::Kind::string) throw Failure(code::data_type);
    return parameter.text;
}

std::vector<int> Call::channels(int count) {
    if (has(Parameter::Kind::channels)) return list(count);
    const int suffix = suffixes_.empty() || suffixes_.front() == 0 ? 1 : suffixes_.front();
    return {checked(suffix, count, code::header_suffix)};
}

std::vector<int> Call::list(int count) {
    auto channels = any_list();
    for (const int channel : channels) checked(channel, count, code::out_of_range);
    return channels;
}

std::vector<int> Call::any_list() {
    const Parameter& parameter = take();
    if (parameter.kind != Parameter::Kind::channels) throw Failure(code::data_type);
    return parameter.channels;
}

void Call::finish() const {
    if (taken_ < command_.parameters.size()) throw Failure(code::not_allowed);
}

void Call::answer(const std::vector<double>& numbers) {
    std::string text;
    for (const double number : numbers) {
        if (!text.empty()) text += ',';
        text += number_text(number);
    }
    answer_ = std::move(text);
}

}  // namespace bmsrig::scpi_server
