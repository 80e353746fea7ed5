// Lines of a simulated GPIO chip that an instrument process serves.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "drivers/gpio/gpio_sim.h"
#include "drivers/gpio/gpio_user.h"
#include "rig/scheduler.h"

namespace bmsrig {

class GpioSimLines {
  public:
    /// Takes the option `chip`.
    explicit GpioSimLines(InstrumentSpec& serve);

    [[nodiscard]] std::string chip() const { return user_.path(); }
    /// The offsets of the lines that an option names. Throws InputError unless there is one for
    /// each channel.
    std::vector<unsigned> take(InstrumentSpec& serve, std::string_view key, int channels);
    void pull(unsigned offset, bool up) { sim_.pull(offset, up); }
    [[nodiscard]] bool value(unsigned offset) const { return sim_.value(offset); }

  private:
    GpioUser user_;
    GpioSim sim_;
};

/// Does something again and again on the scheduler, for as long as it lives.
class Repeated {
  public:
    Repeated(Scheduler& scheduler, Duration period, std::function<void()> action);
    ~Repeated() { scheduler_.cancel(event_); }
    Repeated(const Repeated&) = delete;
    Repeated& operator=(const Repeated&) = delete;

  private:
    void plan();
    Scheduler& scheduler_;
    Duration period_;
    std::function<void()> action_;
    Scheduler::EventId event_ = 0;
};

}  // namespace bmsrig
