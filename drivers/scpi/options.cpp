#include "drivers/scpi/options.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "drivers/scpi/values.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig::scpi {

const DriverOption* find_option(InstrumentSpec& spec, std::string_view key) {
    static_cast<void>(spec.word(key, ""));  // notes that somebody knows it
    const auto found = std::ranges::find(spec.options, key, &DriverOption::key);
    return found == spec.options.end() ? nullptr : &*found;
}

void refuse_option(const InstrumentSpec& spec, const DriverOption& option,
                   const std::string& problem) {
    throw InputError(option.file.empty() ? spec.file : option.file, option.line,
                     "instruments." + spec.name + "." + option.key + ": " + problem);
}

std::string take_word(InstrumentSpec& spec, std::string_view key,
                      const std::vector<std::string>& words, std::string_view otherwise) {
    const DriverOption* option = find_option(spec, key);
    if (option == nullptr) return std::string(otherwise);
    if (std::ranges::find(words, option->text) != words.end()) return option->text;
    refuse_option(spec, *option,
                  in_quotes(option->text) + " stands here; expected one of " + joined(words));
}

std::vector<int> take_channels(InstrumentSpec& spec, std::string_view key, std::size_t count,
                               const std::vector<int>& otherwise) {
    const DriverOption* option = find_option(spec, key);
    if (option == nullptr) return otherwise;
    const auto channels = parse_channels(option->text);
    if (!channels) {
        refuse_option(spec, *option,
                      in_quotes(option->text) +
                          " is no list of channels; expected such as \"1:8\" or \"101,103\"");
    }
    if (count != 0 && channels->size() != count) {
        refuse_option(spec, *option,
                      in_quotes(option->text) + " names " + std::to_string(channels->size()) +
                          " channels; expected " + std::to_string(count));
    }
    if (std::set<int>(channels->begin(), channels->end()).size() != channels->size()) {
        refuse_option(spec, *option, in_quotes(option->text) + " names a channel twice");
    }
    return *channels;
}

std::vector<int> counted(int first, int last) {
    std::vector<int> numbers(static_cast<std::size_t>(std::max(0, last - first + 1)));
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

}  // namespace bmsrig::scpi
