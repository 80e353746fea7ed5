// Noise on a stimulus: a new draw at every interval while the rig runs.
#pragma once

#include <functional>

#include "rig/random_source.h"
#include "rig/scheduler.h"

namespace bmsrig {

class Noise {
  public:
    /// `put` is called with an offset of standard deviation `rms`, never beyond
    /// RandomSource::noise_bound times that: at once, and then at every `interval` (above zero).
    Noise(Scheduler& scheduler, RandomSource random, double rms, Duration interval,
          std::function<void(double offset)> put);
    ~Noise();
    Noise(const Noise&) = delete;
    Noise& operator=(const Noise&) = delete;

    [[nodiscard]] double offset() const { return offset_; }
    /// The largest offset there can be.
    [[nodiscard]] double bound() const { return RandomSource::noise_bound * rms_; }

  private:
    void draw();

    Scheduler& scheduler_;
    RandomSource random_;
    double rms_;
    Duration interval_;
    std::function<void(double)> put_;
    double offset_ = 0;
    Scheduler::EventId event_ = 0;
};

}  // namespace bmsrig
