#include "rig/instruments/in_turn.h"

#include <algorithm>
#include <string>

#include "rig/error.h"

namespace bmsrig {

namespace {

/// An instrument's problem has its name in quotes; one without any is of whose turn it is.
std::size_t owner_of(const std::string& problem, const Instruments& instruments, std::size_t turn) {
    const auto is_named = [&](const Instrument* each) {
        return each != nullptr && problem.find("\"" + each->name() + "\"") != std::string::npos;
    };
    if (is_named(instruments[turn])) return turn;
    const auto other = std::ranges::find_if(instruments, is_named);
    return other == instruments.end() ? turn
                                      : static_cast<std::size_t>(other - instruments.begin());
}

}  // namespace

void in_turn(const Instruments& instruments, const std::function<void(std::size_t)>& action,
             const NoteProblem& note) {
    for (std::size_t turn = 0; turn < instruments.size(); ++turn) {
        if (instruments[turn] == nullptr) continue;
        // Each of the others has one connection to lose.
        for (std::size_t attempts = 0; attempts <= instruments.size(); ++attempts) {
            try {
                action(turn);
                break;
            } catch (const Error& problem) {
                const std::size_t whose = owner_of(problem.what(), instruments, turn);
                note(whose, std::current_exception());
                if (whose == turn) break;
            } catch (...) {
                note(turn, std::current_exception());
                break;
            }
        }
    }
}

void make_safe_in_turn(const Instruments& instruments, const NoteProblem& note) {
    std::vector<bool> is_left(instruments.size());
    const auto make_one_safe = [&](std::size_t i) {
        is_left[i] = instruments[i]->has_to_connect();
        if (!is_left[i]) instruments[i]->make_safe();
    };
    in_turn(instruments, make_one_safe, note);
    const auto make_the_rest_safe = [&](std::size_t i) {
        if (is_left[i]) instruments[i]->make_safe();
    };
    in_turn(instruments, make_the_rest_safe, note);
}

}  // namespace bmsrig
