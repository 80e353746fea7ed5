#include "rig/noise.h"

#include <utility>

namespace bmsrig {

Noise::Noise(Scheduler& scheduler, RandomSource random, double rms, Duration interval,
             std::function<void(double offset)> put)
    : scheduler_(scheduler),
      random_(std::move(random)),
      rms_(rms),
      interval_(interval),
      put_(std::move(put)) {
    draw();
}

Noise::~Noise() {
    scheduler_.cancel(event_);
}

void Noise::draw() {
    offset_ = random_.noise() * rms_;
    event_ = scheduler_.schedule(scheduler_.now() + interval_, [this] { draw(); });
    put_(offset_);
}

}  // namespace bmsrig
