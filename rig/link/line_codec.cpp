#include "rig/link/line_codec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "rig/link/breach.h"

namespace bmsrig::link {

namespace {

constexpr std::string_view greeting_expected =
    R"("bmslink 1 <product> <firmware-version>", then "in <signal> <unit>", "out <signal> <kind>", )"
    R"("bus <name> can|serial <bit rate>", then "ready")";
constexpr std::string_view answer_expected =
    R"("next <t|-> [<signal>=<value> ...] [<bus>:<payload> ...]")";
constexpr std::size_t most_ports = 10'000;

constexpr std::array<std::string_view, 9> kind_words{"V",     "A",     "degC",    "ohm",  "bool",
                                                     "ratio", "stage", "contact", "level"};
constexpr std::array<std::string_view, 3> stage_words{"low", "high", "float"};
constexpr std::array<std::string_view, 2> contact_words{"open", "closed"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper_hex(char c) {
    return is_digit(c) || (c >= 'A' && c <= 'F');
}
bool is_hex(char c) {
    return is_upper_hex(c) || (c >= 'a' && c <= 'f');
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.';
    });
}

bool is_printable(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t blank = line.find(' ');
        words.push_back(line.substr(0, blank));
        if (blank == std::string_view::npos) return words;
        line.remove_prefix(blank + 1);
    }
}

/// The whole text as an unsigned decimal integer.
template <typename Integer>
bool read_integer(std::string_view text, Integer& value) {
    if (text.empty() || !is_digit(text.front())) return false;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

/// The whole text as the contract's number.
bool read_number(std::string_view text, double& value) {
    if (text == "nan") {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    // from_chars also takes "inf", ".5" and "5."; the contract does not.
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || !is_digit(digits.front())) return false;
    const std::size_t point = digits.find('.');
    if (point != std::string_view::npos &&
        (point + 1 == digits.size() || !is_digit(digits[point + 1])))
        return false;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

template <std::size_t count>
bool read_word(const std::array<std::string_view, count>& words, std::string_view text,
               double& value) {
    const auto found = std::ranges::find(words, text);
    value = static_cast<double>(found - words.begin());
    return found != words.end();
}

bool read_value(PortKind kind, std::string_view text, double& value) {
    switch (kind) {
        case PortKind::stage:
            return read_word(stage_words, text, value);
        case PortKind::contact:
            return read_word(contact_words, text, value);
        case PortKind::boolean:
        case PortKind::level:
            return read_number(text, value) && has_value(kind, value);
        default:
            return read_number(text, value);
    }
}

std::string_view values_of(PortKind kind) {
    switch (kind) {
        case PortKind::stage:
            return "low, high or float";
        case PortKind::contact:
            return "open or closed";
        case PortKind::boolean:
        case PortKind::level:
            return "0 or 1";
        default:
            return "a number or nan";
    }
}

void append_value(std::string& line, PortKind kind, double value) {
    if (kind == PortKind::stage) {
        line += stage_words.at(static_cast<std::size_t>(value));
    } else if (kind == PortKind::contact) {
        line += contact_words.at(static_cast<std::size_t>(value));
    } else if (std::isnan(value)) {
        line += "nan";  // to_chars would show the sign of a NaN
    } else {
        std::array<char, 32> digits{};
        line.append(digits.data(),
                    std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
}

void append_integer(std::string& line, std::int64_t value) {
    std::array<char, 24> digits{};
    line.append(digits.data(),
                std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace

std::string_view to_string(PortKind kind) {
    return kind_words.at(static_cast<std::size_t>(kind));
}

bool has_value(PortKind kind, double value) {
    switch (kind) {
        case PortKind::stage:
            return value == 0 || value == 1 || value == 2;
        case PortKind::boolean:
        case PortKind::contact:
        case PortKind::level:
            return value == 0 || value == 1;
        default:
            return !std::isinf(value);
    }
}

bool is_payload(const Bus& bus, std::string_view text) {
    if (!bus.is_can)
        return !text.empty() && text.size() % 2 == 0 && std::ranges::all_of(text, is_upper_hex);
    const std::size_t mark = text.find('#');
    const std::string_view id = text.substr(0, mark);
    if (mark == std::string_view::npos || (id.size() != 3 && id.size() != 8)) return false;
    // 11 bit: 7FF at most; 29 bit: 1FFFFFFF.
    if (!std::ranges::all_of(id, is_hex) || id.front() > (id.size() == 3 ? '7' : '1')) return false;
    const std::string_view data = text.substr(mark + 1);
    return data == "R" ||
           (data.size() <= 16 && data.size() % 2 == 0 && std::ranges::all_of(data, is_upper_hex));
}

bool GreetingReader::take(std::string_view line) {
    const std::vector<std::string_view> words = split(line);
    if (!begun_) {
        take_first(words);
    } else if (words.front() == "in" && words.size() == 3) {
        take_port(words, PortDirection::input);
    } else if (words.front() == "out" && words.size() == 3) {
        take_port(words, PortDirection::output);
    } else if (words.front() == "bus" && words.size() == 4) {
        take_bus(words);
    } else if (line == "ready") {
        return true;
    } else {
        throw Breach{"greeted with a line that the contract does not know",
                     std::string(greeting_expected),
                     {}};
    }
    if (names_.size() > most_ports) throw Breach{"declares more than 10,000 ports", "fewer", {}};
    return false;
}

void GreetingReader::take_first(const std::vector<std::string_view>& words) {
    if (words.front() != "bmslink" || words.size() != 4 || !is_printable(words[2]) ||
        !is_printable(words[3])) {
        throw Breach{"did not greet as the contract says", std::string(greeting_expected), {}};
    }
    if (words[1] != "1") {
        throw Breach{"speaks version " + quote(words[1]) + " of the contract", "version 1", {}};
    }
    greeting_.product = words[2];
    greeting_.firmware = words[3];
    begun_ = true;
}

void GreetingReader::take_name(std::string_view name) {
    if (!is_name(name)) {
        throw Breach{"declares the name " + quote(name), "a name of a-z, 0-9, '_' and '.'", {}};
    }
    if (!names_.emplace(name).second)
        throw Breach{"declares " + quote(name) + " twice", "each name once", {}};
}

void GreetingReader::take_port(const std::vector<std::string_view>& words,
                               PortDirection direction) {
    take_name(words[1]);
    const auto known =
        direction == PortDirection::output ? kind_words.end() : kind_words.begin() + 5;
    const auto* const found = std::find(kind_words.begin(), known, words[2]);
    if (found == known) {
        std::string expected;
        for (const auto* word = kind_words.begin(); word != known; ++word)
            expected += " " + std::string(*word);
        throw Breach{
            "declares " + quote(words[1]) + " with the unknown unit or kind " + quote(words[2]),
            "one of" + expected,
            {}};
    }
    greeting_.ports.push_back(
        {std::string(words[1]), direction, static_cast<PortKind>(found - kind_words.begin())});
}

void GreetingReader::take_bus(const std::vector<std::string_view>& words) {
    take_name(words[1]);
    Bus bus{std::string(words[1]), words[2] == "can", 0};
    if ((!bus.is_can && words[2] != "serial") || !read_integer(words[3], bus.bit_rate) ||
        bus.bit_rate == 0) {
        throw Breach{"declares a bus that the contract does not know",
                     "bus <name> can|serial <bit rate>",
                     {}};
    }
    greeting_.buses.push_back(std::move(bus));
}

LineCodec::LineCodec(const Greeting& greeting) : greeting_(greeting) {
    for (std::uint32_t i = 0; i < greeting.ports.size(); ++i)
        ports_.emplace(greeting.ports[i].name, i);
}

void LineCodec::write_call(std::string& line, const Call& call) const {
    line = "at ";
    append_integer(line, to_ns(call.now));
    write_values(line, call.inputs, call.payloads);
}

void LineCodec::write_answer(std::string& line, const Answer& answer) const {
    line = "next ";
    if (answer.next) {
        append_integer(line, to_ns(*answer.next));
    } else {
        line += '-';
    }
    write_values(line, answer.outputs, answer.payloads);
}

void LineCodec::write_values(std::string& line, std::span<const PortValue> values,
                             std::span<const Payload> payloads) const {
    for (const PortValue& value : values) {
        const Port& port = greeting_.ports[value.port];
        line += ' ';
        line += port.name;
        line += '=';
        append_value(line, port.kind, value.value);
    }
    for (const Payload& payload : payloads) {
        line += ' ';
        line += greeting_.buses[payload.bus].name;
        line += ':';
        line += payload.text;
    }
}

void LineCodec::read_answer(std::string_view line, Answer& answer) {
    if (line.starts_with("error ")) throw Breach{"gave up: " + quote(line.substr(6)), {}, {}};
    if (!line.starts_with("next ")) {
        throw Breach{"answered with a word that the contract does not know",
                     std::string(answer_expected),
                     {}};
    }
    line.remove_prefix(5);
    const std::string_view next = line.substr(0, line.find(' '));
    std::int64_t ns = 0;
    if (next != "-") {
        if (!read_integer(next, ns)) {
            throw Breach{
                "names the next time " + quote(next), "whole nanoseconds, or - for never", {}};
        }
        answer.next = instant_from_ns(ns);
    }
    read_words(line.substr(next.size()), PortDirection::output, answer.outputs, answer.payloads);
}

Instant LineCodec::read_call(std::string_view line, std::vector<PortValue>& inputs,
                             std::vector<Payload>& payloads) {
    std::int64_t ns = 0;
    const std::string_view rest = line.substr(std::min<std::size_t>(3, line.size()));
    const std::string_view now = rest.substr(0, rest.find(' '));
    if (!line.starts_with("at ") || !read_integer(now, ns)) {
        throw Breach{"this is not a call",
                     R"("at <t> [<signal>=<value> ...] [<bus>:<payload> ...]" or "stop")",
                     {}};
    }
    read_words(rest.substr(now.size()), PortDirection::input, inputs, payloads);
    return instant_from_ns(ns);
}

void LineCodec::read_words(std::string_view words, PortDirection direction,
                           std::vector<PortValue>& values, std::vector<Payload>& payloads) {
    while (!words.empty()) {
        words.remove_prefix(1);  // the blank
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(word.size());
        const std::size_t mark = word.find_first_of("=:");
        const std::string_view name = word.substr(0, mark);
        if (mark == std::string_view::npos || (word[mark] == '=' && !payloads.empty())) {
            throw Breach{
                "says " + quote(word), "<signal>=<value>, and <bus>:<payload> behind these", {}};
        }
        const std::string_view text = word.substr(mark + 1);
        if (word[mark] == ':') {
            payloads.push_back({find_bus(name), std::string(text)});
            continue;
        }
        const std::uint32_t index = find_port(name, direction);
        double value = 0;
        if (!read_value(greeting_.ports[index].kind, text, value)) {
            throw Breach{"gives " + std::string(name) + " the value " + quote(text),
                         std::string(to_string(greeting_.ports[index].kind)) + ": " +
                             std::string(values_of(greeting_.ports[index].kind)),
                         {}};
        }
        values.push_back({index, value});
    }
}

std::uint32_t LineCodec::find_port(std::string_view name, PortDirection direction) {
    std::uint32_t index = expected_;
    if (index >= greeting_.ports.size() || greeting_.ports[index].name != name) {
        const auto found = ports_.find(name);
        if (found == ports_.end()) {
            throw Breach{"names " + quote(name) + ", which it did not declare",
                         "a signal of its greeting",
                         {}};
        }
        index = found->second;
    }
    if (greeting_.ports[index].direction != direction) {
        throw Breach{"names " + quote(name) + ", which has the other direction",
                     direction == PortDirection::output ? "an output" : "an input",
                     {}};
    }
    expected_ = index + 1;
    return index;
}

std::uint32_t LineCodec::find_bus(std::string_view name) const {
    const auto found = std::ranges::find(greeting_.buses, name, &Bus::name);
    if (found == greeting_.buses.end()) {
        throw Breach{"names the bus " + quote(name) + ", which it did not declare",
                     "a bus of its greeting",
                     {}};
    }
    return static_cast<std::uint32_t>(found - greeting_.buses.begin());
}

}  // namespace bmsrig::link
