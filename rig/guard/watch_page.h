// The memory that the rig's process and the guard share: what the rig is doing, and by when it will
// have done it.
#pragma once

#include <atomic>
#include <cstdint>

#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// Times are nanoseconds of CLOCK_MONOTONIC, which all processes share.
struct WatchPage {
    std::atomic<std::int64_t> beat{0};  ///< when the heart of the rig's process last beat
    std::atomic<std::int64_t> due{0};   ///< by when the rig's thread is to tell of itself again
    /// Processor time of the rig's thread when it said so: a thread that got none since is not
    /// stuck, its machine is busy.
    std::atomic<std::int64_t> processor_time{0};
    std::atomic<std::int32_t> rig_thread{0};
    std::atomic<std::int32_t> beating_thread{0};
    std::atomic<std::int32_t> where{0};  ///< a Watch::Where
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(std::atomic<std::int32_t>::is_always_lock_free);

/// A view of the page, in this process or the other.
class SharedWatchPage {
  public:
    /// A new page. Throws std::system_error.
    SharedWatchPage();
    /// The page behind a descriptor that the other process has sent. Throws std::system_error.
    explicit SharedWatchPage(link::FileDescriptor descriptor);
    ~SharedWatchPage();
    SharedWatchPage(const SharedWatchPage&) = delete;
    SharedWatchPage& operator=(const SharedWatchPage&) = delete;

    WatchPage* operator->() const { return page_; }
    [[nodiscard]] int descriptor() const { return descriptor_.number(); }

  private:
    link::FileDescriptor descriptor_;
    WatchPage* page_ = nullptr;
};

/// CLOCK_MONOTONIC in nanoseconds.
std::int64_t monotonic_ns();

}  // namespace bmsrig
