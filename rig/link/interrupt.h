// How somebody who is waiting for a BMS process learns that the operator wants to stop.
#pragma once

#include <functional>

namespace bmsrig::link {

/// Sets what is called while the rig waits for a BMS process: after every signal that interrupts
/// the wait, and at least ten times a second. It may throw; the exception leaves the call that was
/// waiting, and the process is ended with its Link. An empty function takes the check away. One
/// check for all threads; may be called from any.
void set_interrupt_check(std::function<void()> check);

/// Calls the check, if there is one.
void check_interrupt();

}  // namespace bmsrig::link
