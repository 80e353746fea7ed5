#include "drivers/gpio/gpio_options.h"

#include <algorithm>
#include <sstream>

#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

std::string wrong_option(const InstrumentSpec& spec, std::string_view key,
                         const std::string& expected) {
    const auto option = std::ranges::find(spec.options, key, &DriverOption::key);
    const bool is_said = option != spec.options.end();
    return spec.file + ":" + std::to_string(is_said ? option->line : spec.line) + ": instruments." +
           spec.name + "." + std::string(key) + ": " +
           (is_said ? "\"" + option->text + "\" stands here" : "nothing is said") + "; expected " +
           expected;
}

void refuse_option(const InstrumentSpec& spec, std::string_view key, const std::string& expected) {
    throw InputError(wrong_option(spec, key, expected));
}

std::vector<std::string> words_of(InstrumentSpec& spec, std::string_view key) {
    std::istringstream text(spec.word(key, ""));
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

std::vector<std::string> lines_of(InstrumentSpec& spec, std::string_view key) {
    constexpr std::size_t most = 64;
    const std::vector<std::string> lines = words_of(spec, key);
    if (lines.empty() || lines.size() > most) {
        refuse_option(spec, key,
                      "1 to 64 lines by name or offset with spaces between them, the first for "
                      "channel 1");
    }
    for (const std::string& line : lines) {
        if (std::ranges::count(lines, line) > 1) {
            refuse_option(spec, key, "each line once, but " + line + " stands there twice");
        }
    }
    return lines;
}

std::vector<bool> which_of(InstrumentSpec& spec, std::string_view key,
                           const std::vector<std::string>& lines) {
    const std::vector<std::string> words = words_of(spec, key);
    std::vector<bool> which(lines.size(), words == std::vector<std::string>{"all"});
    if (words.empty() || which.front() || words == std::vector<std::string>{"none"}) return which;
    for (const std::string& word : words) {
        const auto found = std::ranges::find(lines, word);
        if (found == lines.end()) {
            refuse_option(spec, key,
                          "none, all, or some of the lines; " + word + " is none of them, " +
                              suggest(word, lines));
        }
        which[static_cast<std::size_t>(found - lines.begin())] = true;
    }
    return which;
}

GpioPaperwork paperwork_of(InstrumentSpec& spec) {
    return {spec.word("serial_number", ""), spec.date("calibrated")};
}

}  // namespace bmsrig
