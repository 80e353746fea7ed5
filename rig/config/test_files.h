// For tests of readers: files in a folder of their own, and what a reader says about them.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "rig/error.h"
#include "rig/test_folder.h"

namespace bmsrig {

/// The message with which `action` refuses its input, the folder taken off; "" if it does not.
template <typename Action>
std::string refusal_in(const TestFolder& folder, const Action& action) {
    try {
        action();
    } catch (const InputError& problem) {
        std::string text = problem.what();
        const std::string prefix = folder.path().string() + "/";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }
    return {};
}

/// A mistake in a file and how the message about it begins and what else it says.
struct Mistake {
    std::string what;    ///< for whoever reads the test
    std::string from;    ///< text in the good file
    std::string to;      ///< what stands there instead
    std::string begins;  ///< "<file>:<line>: ..."
    std::vector<std::string> says;
};

/// `text` with the one place where it says `from` changed to `to`. Throws if there is none, or more
/// than one.
inline std::string changed(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
        throw std::logic_error("the good file must say this once: " + from);
    }
    return text.replace(at, from.size(), to);
}

/// Expects that `read`, given the text of the good file with a mistake in it, refuses each of them
/// as its row of the table says.
template <typename Read>
void expect_refusals(const TestFolder& folder, std::string_view good,
                     const std::vector<Mistake>& mistakes, const Read& read) {
    for (const Mistake& mistake : mistakes) {
        SCOPED_TRACE(mistake.what);
        const std::string wrong = changed(std::string(good), mistake.from, mistake.to);
        const std::string message = refusal_in(folder, [&] { read(wrong); });
        EXPECT_THAT(message, testing::StartsWith(mistake.begins));
        for (const auto& words : mistake.says) EXPECT_THAT(message, testing::HasSubstr(words));
    }
}

}  // namespace bmsrig
