#include "rig/names.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace bmsrig {

namespace {

/// How many letters must be changed, added or taken away to make one word of the other
/// (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return lower;
}

std::string suggest(std::string_view wrong, const std::vector<std::string>& known) {
    if (known.empty()) return "there are none";
    // A name of 10,000 letters is like none of them. Letters in the wrong case are not far off.
    const std::string seen = lower_case(wrong.substr(0, 64));
    const auto how_far = [&](const std::string& name) { return distance(seen, lower_case(name)); };
    const auto nearest = std::ranges::min_element(known, {}, how_far);
    if (how_far(*nearest) <= std::max<std::size_t>(2, nearest->size() / 3)) {
        return "did you mean \"" + *nearest + "\"?";
    }
    std::string list = "there are: ";
    for (const auto& name : known) list += (&name == &known.front() ? "" : ", ") + name;
    return list;
}

}  // namespace bmsrig
