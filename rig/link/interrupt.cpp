#include "rig/link/interrupt.h"

#include <mutex>
#include <utility>

namespace bmsrig::link {

namespace {

struct Check {
    std::mutex mutex;
    std::function<void()> function;
};

Check& the_check() {
    static Check check;
    return check;
}

}  // namespace

void set_interrupt_check(std::function<void()> check) {
    const std::scoped_lock lock(the_check().mutex);
    the_check().function = std::move(check);
}

void check_interrupt() {
    std::function<void()> function;
    {
        // Called outside the lock: it may take long, throw, or set another check.
        const std::scoped_lock lock(the_check().mutex);
        function = the_check().function;
    }
    if (function) function();
}

}  // namespace bmsrig::link
