// The operating system's part of being punctual: priority over other programs, and memory that is
// never swapped out.
#pragma once

#include <string>

namespace bmsrig {

/// Of the rig's own thread: above other programs, below the kernel's interrupt threads (50).
constexpr int rig_priority = 40;
/// Of what watches over it, which does next to nothing.
constexpr int heart_priority = 60;

/// Lets the calling thread run before all of lower priority (SCHED_FIFO, 1 to 99); not so what it
/// starts. False if the operating system does not permit it.
bool take_priority(int priority);

/// What the operating system granted to the rig's thread while this lives, and takes back after.
/// Nothing is an error here: how late the rig really was decides (rig/punctuality.h). Processes
/// that the rig starts do not inherit it.
class RealTime {
  public:
    RealTime();
    ~RealTime();
    RealTime(const RealTime&) = delete;
    RealTime& operator=(const RealTime&) = delete;

    [[nodiscard]] bool has_priority() const { return has_priority_; }
    [[nodiscard]] bool has_locked_memory() const { return has_locked_memory_; }
    /// "SCHED_FIFO 40, memory locked", or what is missing and which line of limits.conf grants it.
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void raise_priority();
    void lock_memory();

    bool has_priority_ = false;
    bool has_locked_memory_ = false;
    std::string text_;
};

}  // namespace bmsrig
