#include "rig/guard/watch.h"

#include <unistd.h>

#include <atomic>

#include "rig/system_time.h"

namespace bmsrig {

namespace {

// One rig is guarded in a process at a time; the calls from Python do not know which one they
// reach.
std::atomic<Watch*> active_watch{nullptr};

std::int64_t own_processor_time() {
    return read_clock(CLOCK_THREAD_CPUTIME_ID).count();
}

}  // namespace

Watch* Watch::active() {
    return active_watch.load(std::memory_order_acquire);
}

void Watch::set_active(Watch* watch) {
    active_watch.store(watch, std::memory_order_release);
}

void Watch::be(Where where) {
    const bool is_ours = where == Where::rig || where == Where::driver || where == Where::waiting;
    tell(where, is_ours ? limits_.stuck : limits_.plan);
}

void Watch::wait_at_most(Duration longest) {
    tell(Where::waiting, longest + limits_.stuck);
}

void Watch::tell(Where where, Duration within) {
    thread_local const auto thread = static_cast<std::int32_t>(::gettid());
    where_ = where;
    page_.processor_time.store(own_processor_time(), std::memory_order_relaxed);
    page_.rig_thread.store(thread, std::memory_order_relaxed);
    page_.where.store(static_cast<std::int32_t>(where), std::memory_order_relaxed);
    // Last: who sees the new time sees all that belongs to it.
    page_.due.store(monotonic_ns() + within.count(), std::memory_order_release);
}

Watch::Scope::Scope(Where where) : watch_(active()) {
    if (watch_ == nullptr) return;
    before_ = watch_->where();
    watch_->be(where);
}

Watch::Scope::~Scope() {
    // The watch may have ended, or begun, within the scope.
    if (watch_ != nullptr && watch_ == active()) watch_->be(before_);
}

}  // namespace bmsrig
