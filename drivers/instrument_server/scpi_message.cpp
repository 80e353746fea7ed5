#include "drivers/instrument_server/scpi_message.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "drivers/instrument_server/scpi_failure.h"

namespace bmsrig::scpi_server {

namespace {

constexpr std::size_t longest_mnemonic = 12;  // IEEE 488.2, 7.6.1.4.1

// Not those of <cctype>: they follow the locale.
bool is_space(char c) {
    return (c >= 0 && c <= ' ') && c != '\n';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}
/// Whether it may stand anywhere in a message outside a string.
bool is_known(char c) {
    return is_word(c) || is_space(c) ||
           std::string_view("+-.#\"'(),:;*?@").find(c) != std::string_view::npos;
}
/// Where `otherwise` is the error of a character that has its place elsewhere.
Code code_for(char c, Code otherwise) {
    return is_known(c) ? otherwise : code::invalid_character;
}

}  // namespace

void Message::skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
}

std::optional<Command> Message::next() {
    for (skip_space(); at(';'); skip_space()) rest_.remove_prefix(1);
    if (rest_.empty()) return std::nullopt;
    Command command;
    read_header(command);
    const bool has_space = !rest_.empty() && is_space(rest_.front());
    skip_space();
    if (at_end_of_command()) return command;
    if (!has_space) {
        throw Failure(code_for(rest_.front(), code::invalid_separator));
    }
    for (;;) {
        command.parameters.push_back(read_parameter());
        skip_space();
        if (at_end_of_command()) return command;
        if (!at(',')) throw Failure(code_for(rest_.front(), code::invalid_separator));
        rest_.remove_prefix(1);
        skip_space();
    }
}

/// A header without a colon begins where the one before it ended; common commands stand outside.
void Message::read_header(Command& command) {
    if (at('*')) {
        rest_.remove_prefix(1);
        command.header.push_back("*" + read_mnemonic());
    } else {
        if (at(':')) {
            rest_.remove_prefix(1);
            path_.clear();
        }
        command.header = path_;
        command.header.push_back(read_mnemonic());
        while (at(':')) {
            rest_.remove_prefix(1);
            command.header.push_back(read_mnemonic());
        }
        path_.assign(command.header.begin(), command.header.end() - 1);
    }
    if (!at('?')) return;
    rest_.remove_prefix(1);
    command.is_query = true;
}

std::string Message::read_mnemonic() {
    if (rest_.empty()) throw Failure(code::syntax);
    if (!is_letter(rest_.front())) {
        throw Failure(code_for(rest_.front(), code::syntax));
    }
    const auto end = std::ranges::find_if_not(rest_, is_word);
    std::string word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    if (word.size() > longest_mnemonic) throw Failure(code::mnemonic_too_long);
    std::ranges::transform(word, word.begin(), upper);
    return word;
}

Parameter Message::read_parameter() {
    if (at_end_of_command()) throw Failure(code::missing);
    const char first = rest_.front();
    if (is_digit(first) || first == '+' || first == '-' || first == '.') return read_number();
    if (first == '#') return read_based_number();
    if (first == '"' || first == '\'') return read_string();
    if (first == '(') return read_channels();
    if (!is_letter(first)) {
        throw Failure(code_for(first, code::syntax));
    }
    return {Parameter::Kind::word, read_mnemonic()};
}

std::string Message::read_letters() {
    const auto end = std::ranges::find_if_not(rest_, is_letter);
    std::string letters(rest_.begin(), end);
    rest_.remove_prefix(letters.size());
    std::ranges::transform(letters, letters.begin(), upper);
    return letters;
}

/// Spaces may stand between a number and its unit.
Parameter Message::read_number() {
    Parameter parameter{Parameter::Kind::number, {}};
    if (at('+')) {
        rest_.remove_prefix(1);
        if (at('-')) throw Failure(code::numeric_data);
    }
    const char* begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), parameter.number);
    if (error != std::errc() || !std::isfinite(parameter.number)) {
        throw Failure(code::numeric_data);
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    skip_space();
    parameter.text = read_letters();
    return parameter;
}

/// #H1F, #Q17, #B101; what else begins with # is block data, which no command here takes.
Parameter Message::read_based_number() {
    rest_.remove_prefix(1);
    const char kind = rest_.empty() ? '\0' : upper(rest_.front());
    const int base = kind == 'H' ? 16 : kind == 'Q' ? 8 : kind == 'B' ? 2 : 0;
    if (base == 0) throw Failure(code::block_data);
    rest_.remove_prefix(1);
    const char* begin = rest_.data();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), value, base);
    if (error != std::errc()) throw Failure(code::numeric_data);
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    return {Parameter::Kind::number, {}, static_cast<double>(value)};
}

/// A quote within the string stands there twice.
Parameter Message::read_string() {
    const char quote = rest_.front();
    Parameter parameter{Parameter::Kind::string, {}};
    for (;;) {
        rest_.remove_prefix(1);
        const auto length = rest_.find(quote);
        if (length == std::string_view::npos) throw Failure(code::string_data);
        parameter.text += rest_.substr(0, length);
        rest_.remove_prefix(length + 1);
        if (!at(quote)) return parameter;
        parameter.text += quote;
    }
}

Parameter Message::read_channels() {
    if (!rest_.starts_with("(@")) throw Failure(code::expression);
    rest_.remove_prefix(2);
    Parameter parameter{Parameter::Kind::channels, {}};
    for (;;) {
        const int first = read_channel();
        int last = first;
        if (at(':')) {
            rest_.remove_prefix(1);
            last = read_channel();
        }
        const auto count = static_cast<std::size_t>(std::abs(last - first)) + 1;
        if (parameter.channels.size() + count > most_channels) throw Failure(code::too_much_data);
        for (int channel = first; channel != last; channel += first < last ? 1 : -1) {
            parameter.channels.push_back(channel);
        }
        parameter.channels.push_back(last);
        if (at(')')) break;
        if (!at(',')) throw Failure(code::expression);
        rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    return parameter;
}

int Message::read_channel() {
    skip_space();
    int channel = 0;
    const char* begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), channel);
    if (error != std::errc() || channel < 0) throw Failure(code::expression);
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    skip_space();
    return channel;
}

}  // namespace bmsrig::scpi_server
