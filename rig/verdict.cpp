#include "rig/verdict.h"

#include <array>
#include <string>

#include "rig/error.h"

namespace bmsrig {

namespace {
constexpr std::array<std::string_view, 5> words{"pass", "inconclusive", "fail", "aborted", "error"};
}

std::string_view to_string(Verdict verdict) {
    return words.at(static_cast<std::size_t>(verdict));
}

Verdict verdict_from_string(std::string_view text) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words.at(i) == text) return static_cast<Verdict>(i);
    }
    throw InputError("\"" + std::string(text) +
                     "\" is no verdict; expected pass, inconclusive, fail, aborted or error");
}

}  // namespace bmsrig
