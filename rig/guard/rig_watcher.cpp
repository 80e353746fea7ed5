#include "rig/guard/rig_watcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "rig/guard/watch.h"

namespace bmsrig {

namespace {

constexpr std::int64_t patience = 10;              // times the limit
constexpr std::int64_t between_looks = 2'000'000;  // ns, while something is overdue

using Text = std::array<char, 512>;

/// A file of /proc about a thread. Nothing is allocated: this runs when the bench is at stake.
std::string_view read_about(int pid, int thread, std::string_view file, Text& text) {
    GuardReport path;
    path.add("/proc/").add(pid).add("/task/").add(thread).add("/").add(file);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return {};
    const ssize_t size = ::read(descriptor, text.data(), text.size());
    ::close(descriptor);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string_view words_of(std::int32_t where) {
    switch (static_cast<Watch::Where>(where)) {
        case Watch::Where::plan:
            return "in the test plan's code";
        case Watch::Where::uut:
            return "waiting for the BMS process";
        case Watch::Where::rig:
            return "in the rig";
        case Watch::Where::driver:
            return "in a driver's call";
        case Watch::Where::waiting:
            return "letting time run";
    }
    return "somewhere";
}

/// By a signal, or by a debugger.
bool is_stopped(const ThreadState& state) {
    return state.letter == 'T' || state.letter == 't';
}

}  // namespace

ThreadState look_at_thread(int pid, int thread) {
    ThreadState state;
    Text text{};
    // "<pid> (<name>) <letter> ...": the name may have anything in it.
    const std::string_view stat = read_about(pid, thread, "stat", text);
    if (const std::size_t end = stat.rfind(") "); end != std::string_view::npos) {
        state.letter = stat.substr(end + 2, 1).empty() ? '?' : stat[end + 2];
    }
    const std::string_view times = read_about(pid, thread, "schedstat", text);
    std::from_chars(times.data(), times.data() + times.size(), state.processor_time);
    return state;
}

bool RigWatcher::heart_stands_still(std::int64_t now, GuardReport& why) const {
    const std::int64_t silent = now - page_->beat.load(std::memory_order_acquire);
    if (silent < silence_) return false;
    const ThreadState state = look_(pid_, page_->beating_thread);
    // It only ever sleeps for a moment: neither running nor stopped it waits for its processor's
    // timer, as on a virtual machine that stands still itself.
    if (!is_stopped(state) && silent < patience * silence_) return false;
    why.add("hangs: its process stands still for ").add_ms(silent);
    why.add(is_stopped(state) ? " (stopped)" : "");
    return true;
}

bool RigWatcher::thread_is_stuck(std::int64_t now, GuardReport& why) const {
    const std::int64_t due = page_->due.load(std::memory_order_acquire);
    const std::int64_t had = page_->processor_time.load(std::memory_order_relaxed);
    const std::int32_t where = page_->where.load(std::memory_order_relaxed);
    if (now < due) return false;
    const ThreadState state = look_(pid_, page_->rig_thread);
    const bool wants_to_run = state.letter == 'R' && state.processor_time >= 0;
    // The record is on a disk, and an instrument is not.
    const bool waits_for_disk =
        state.letter == 'D' && where != static_cast<std::int32_t>(Watch::Where::driver);
    // Of a thread that has the processor half of the time, half the limit is enough to know.
    const std::int64_t used = state.processor_time - had;
    const bool is_kept_waiting = (wants_to_run && used < stuck_ / 2) || waits_for_disk;
    if (is_kept_waiting && now - due < patience * stuck_) return false;
    if (page_->due.load(std::memory_order_acquire) != due) return false;  // it lives
    why.add("has been ")
        .add(words_of(where))
        .add(" for ")
        .add_ms(now - due)
        .add(" longer than it may be");
    why.add(state.letter == 'R' ? " (running)" : is_stopped(state) ? " (stopped)" : " (blocked)");
    return true;
}

bool RigWatcher::is_hung(std::int64_t now, GuardReport& why) {
    return heart_stands_still(now, why) || thread_is_stuck(now, why);
}

std::int64_t RigWatcher::next_look(std::int64_t now) const {
    const std::int64_t first = std::min(page_->beat.load(std::memory_order_acquire) + silence_,
                                        page_->due.load(std::memory_order_acquire));
    return std::max(first, now + between_looks);
}

}  // namespace bmsrig
