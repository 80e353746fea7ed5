#include "rig/link/command_line.h"

#include <algorithm>

#include "rig/error.h"

namespace bmsrig::link {

namespace {

constexpr std::size_t longest_description = 500;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

/// Reads one word; `at` stands on its first character, and behind it afterwards.
std::string read_word(std::string_view line, std::size_t& at) {
    std::string word;
    char quote = '\0';
    for (; at < line.size() && (quote != '\0' || !is_blank(line[at])); ++at) {
        const char c = line[at];
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '\\' && quote != '\'') {
            if (at + 1 == line.size()) {
                throw InputError("command \"" + std::string(line) +
                                 "\": nothing follows the backslash at its end");
            }
            const char next = line[at + 1];
            const bool escapes = quote == '\0' || next == '"' || next == '\\';
            word += escapes ? next : c;
            if (escapes) ++at;
        } else {
            word += c;
        }
    }
    if (quote != '\0') {
        throw InputError("command \"" + std::string(line) + "\": the quote " + quote +
                         " is not closed");
    }
    return word;
}

}  // namespace

std::vector<std::string> split_command(std::string_view line) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (true) {
        while (at < line.size() && is_blank(line[at])) ++at;
        if (at == line.size()) return words;
        words.push_back(read_word(line, at));
    }
}

std::vector<std::string> arguments_of(const Command& command) {
    std::vector<std::string> arguments = split_command(command.line);
    if (arguments.empty() || arguments.front().empty()) {
        throw InputError(
            "the command of the BMS process is empty; expected a program and its arguments");
    }
    for (const auto& [name, value] : command.settings) {
        arguments.emplace_back("--set");
        arguments.push_back(name + "=" + value);
    }
    return arguments;
}

bool is_shared_object(const std::vector<std::string>& arguments) {
    return arguments.front().ends_with(".so");
}

std::string describe_command(const std::vector<std::string>& arguments) {
    std::string text;
    for (const std::string& argument : arguments) {
        const bool plain = !argument.empty() && std::ranges::none_of(argument, [](char c) {
            return is_blank(c) || c == '\'' || c == '"' || c == '\\';
        });
        if (!text.empty()) text += ' ';
        text += plain ? argument : "'" + argument + "'";
    }
    if (text.size() > longest_description) text = text.substr(0, longest_description) + "...";
    return text;
}

}  // namespace bmsrig::link
