#include "rig/instruments/in_turn.h"

#include <algorithm>

#include "rig/error.h"

namespace bmsrig {

namespace {

/// An instrument's problem has its name in quotes; one without any is of whose turn it is.
std::size_t owner_of(const std::string& problem, const std::vector<std::string>& names,
                     std::size_t turn) {
    const auto is_named = [&](const std::string& name) {
        return problem.find("\"" + name + "\"") != std::string::npos;
    };
    if (is_named(names[turn])) return turn;
    const auto other = std::ranges::find_if(names, is_named);
    return other == names.end() ? turn : static_cast<std::size_t>(other - names.begin());
}

}  // namespace

void in_turn(const std::vector<std::string>& names, const std::function<void(std::size_t)>& action,
             const std::function<void(std::size_t whose, const std::exception_ptr&)>& note) {
    for (std::size_t turn = 0; turn < names.size(); ++turn) {
        // Each of the others has one connection to lose.
        for (std::size_t attempts = 0; attempts <= names.size(); ++attempts) {
            try {
                action(turn);
                break;
            } catch (const Error& problem) {
                const std::size_t whose = owner_of(problem.what(), names, turn);
                note(whose, std::current_exception());
                if (whose == turn) break;
            } catch (...) {
                note(turn, std::current_exception());
                break;
            }
        }
    }
}

}  // namespace bmsrig
