// The guard's judgement whether the rig still lives.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "rig/guard/report.h"
#include "rig/guard/watch_page.h"

namespace bmsrig {

/// What the kernel says of a thread of another process.
struct ThreadState {
    char letter = '?';                 ///< as in /proc: R runs or wants to, S sleeps, T is stopped
    std::int64_t processor_time = -1;  ///< ns that it had of a processor; -1 if nobody knows
};
ThreadState look_at_thread(int pid, int thread);

/// A machine under load may leave a living rig without a processor for longer than the limits
/// allow. That is no hang: a thread which wants to run and got no time gets patience, ten times its
/// limit.
class RigWatcher {
  public:
    using Look = std::function<ThreadState(int pid, int thread)>;
    RigWatcher(const SharedWatchPage& page, int pid, std::int64_t silence, std::int64_t stuck,
               Look look = look_at_thread)
        : page_(page), pid_(pid), silence_(silence), stuck_(stuck), look_(std::move(look)) {}

    /// Whether the rig hangs; if so, what is seen of it is added to the report.
    bool is_hung(std::int64_t now, GuardReport& why);
    /// When to look again, unless something happens before.
    [[nodiscard]] std::int64_t next_look(std::int64_t now) const;

  private:
    [[nodiscard]] bool heart_stands_still(std::int64_t now, GuardReport& why) const;
    [[nodiscard]] bool thread_is_stuck(std::int64_t now, GuardReport& why) const;
    const SharedWatchPage& page_;
    int pid_;
    std::int64_t silence_;
    std::int64_t stuck_;
    Look look_;
};

}  // namespace bmsrig
