// Does the safe actions: all connections at once, the actions of one connection in their order.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "rig/guard/message.h"
#include "rig/guard/report.h"

namespace bmsrig {

/// Everything it needs it has from its making on; run() allocates nothing.
class SafeWriter {
  public:
    explicit SafeWriter(std::vector<GuardedAction> actions);

    /// Returns when all is done, or cannot be done before `deadline` (CLOCK_MONOTONIC, ns). Whether
    /// all is done.
    bool run(std::int64_t deadline);
    /// A line for each action that was not done, with what was seen instead.
    void tell(GuardReport& report) const;
    /// The actions that it was made of; it can do none of them any more.
    std::vector<GuardedAction> take_back();

  private:
    enum class Stage : unsigned char { writing, draining, answering, done, failed };
    struct Task {
        GuardedAction guarded;
        Stage stage = Stage::writing;
        std::size_t written = 0;
        int problem = 0;               ///< errno
        std::array<char, 256> seen{};  ///< the latest of what was answered
        std::size_t seen_size = 0;
        bool is_last = true;   ///< of its connection
        std::size_t next = 0;  ///< the next one of its connection
    };
    std::size_t advance_all(bool& must_try_again);
    void forget_all_input();
    void advance(Task& task);
    void write(Task& task);
    void drain(Task& task);
    void read_answer(Task& task);
    static void take_lines(Task& task);
    static void forget_input(int descriptor);

    std::vector<Task> tasks_;
    std::vector<std::size_t> present_;  ///< of each connection, the task it is at
    std::vector<pollfd> waited_;
};

}  // namespace bmsrig
