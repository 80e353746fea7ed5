// The same done to all instruments of a bench, each of which may fail.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace bmsrig {

/// Does `action` to each, by its number, in order, whatever becomes of the others; tells `note`
/// whose problem each one was. An instrument's problem may come while another is waited for, whose
/// turn it interrupts: that one gets its turn again.
void in_turn(const std::vector<std::string>& names, const std::function<void(std::size_t)>& action,
             const std::function<void(std::size_t whose, const std::exception_ptr&)>& note);

}  // namespace bmsrig
