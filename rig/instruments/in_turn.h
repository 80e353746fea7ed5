// The same done to all instruments of a bench, each of which may fail.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

#include "rig/instruments/instrument.h"

namespace bmsrig {

/// Of a bench, in its order; nullptr: could not be opened, and has no turn.
using Instruments = std::vector<Instrument*>;
/// Is told whose problem each one was.
using NoteProblem = std::function<void(std::size_t whose, const std::exception_ptr&)>;

/// Does `action` to each, by its number, in order, whatever becomes of the others. An instrument's
/// problem may come while another is waited for, whose turn it interrupts: that one gets its turn
/// again.
void in_turn(const Instruments& instruments, const std::function<void(std::size_t)>& action,
             const NoteProblem& note);

/// Makes them safe; first all those that can be told at once.
void make_safe_in_turn(const Instruments& instruments, const NoteProblem& note);

}  // namespace bmsrig
