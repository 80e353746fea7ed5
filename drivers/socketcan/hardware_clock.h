// The clock of a CAN adapter that stamps frames itself, followed by the kernel's stamps.
#pragma once

#include <algorithm>
#include <optional>

#include "rig/time.h"

namespace bmsrig {

/// An adapter's clock begins anywhere and runs at its own rate; the kernel's stamp of the same
/// frame is late by the way from the adapter, never early. So the shortest way seen is taken to be
/// none, and is forgotten as fast as two crystals drift apart at worst.
class HardwareClock {
  public:
    /// When the frame ended, by the clock that `kernel` is a stamp of.
    Duration on_kernel_clock(Duration hardware, Duration kernel) {
        const Duration way = kernel - hardware;
        if (shortest_) *shortest_ += (hardware - last_) / drift;
        shortest_ = std::min(shortest_.value_or(way), way);
        last_ = hardware;
        return hardware + *shortest_;
    }

  private:
    static constexpr int drift = 5'000;  // 200 ppm: two crystals of 100 ppm each
    std::optional<Duration> shortest_;
    Duration last_{};
};

}  // namespace bmsrig
