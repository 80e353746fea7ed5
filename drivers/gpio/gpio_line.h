// One input line of a GPIO chip: its events become numbered edges on the rig's time line.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "drivers/common/descriptor_watch.h"
#include "drivers/common/line_debouncer.h"
#include "drivers/gpio/gpio_user.h"
#include "rig/instruments/line_bank.h"
#include "rig/scheduler.h"

namespace bmsrig {

/// What a line lives on; all of it outlives the line.
struct GpioLineContext {
    GpioUser& user;
    Reactor& reactor;
    Scheduler& scheduler;
    /// The kernel debounces and not the rig.
    bool kernel_debounce = false;
};

/// A lost edge leaves a gap in the sequence. One was lost if the kernel says so, or if two edges
/// lead to the same level: the line was elsewhere in between, for too short for the kernel to look.
/// While the rig debounces that is a bounce like others. One was lost as well if the line reads
/// another level than its last edge had, and no edge comes to explain it.
class GpioLine {
  public:
    GpioLine(const GpioLineContext& context, int channel, unsigned offset,
             const GpioInputSettings& settings);
    ~GpioLine();
    GpioLine(const GpioLine&) = delete;
    GpioLine& operator=(const GpioLine&) = delete;

    /// The debounced level: a GPIO input has two, whatever the voltage.
    LineLevel read();
    void set_debounce(Duration debounce);
    /// Joins the pin's own resistor.
    void set_bias(Bias bias);
    /// Hands over the edges since the last call.
    void take_edges(std::vector<Edge>& into);
    [[nodiscard]] Instant settled_at() const { return debouncer_.settled_at(); }
    /// The level is that of now; edges are counted from 1, nothing is debounced.
    void restart();

  private:
    void configure();
    void drain();
    void take(const GpioEvent& event);
    void follow(LineLevel level, Instant when);
    void report(const std::optional<LineChange>& change);
    void lose(LineLevel level, Instant when);
    void come_to_rest();
    void doubt();
    void believe_or_lose(std::uint64_t events_before);
    void begin_at(LineLevel level);
    LineLevel level_now();
    void cancel(Scheduler::EventId& event);

    GpioLineContext context_;
    int channel_;
    unsigned offset_;
    GpioInputSettings settings_;
    std::unique_ptr<GpioInput> input_;
    std::unique_ptr<DescriptorWatch> watch_;
    LineDebouncer debouncer_;
    Instant newest_;                  // no event of a line lies before another one of it
    std::uint64_t events_ = 0;        // read in all
    std::uint64_t sequence_ = 0;      // of the last edge
    Scheduler::EventId rest_ = 0;     // when the debounce is over
    Scheduler::EventId doubt_ = 0;    // whether the line reads what its last event said
    std::vector<GpioEvent> waiting_;  // kept for its memory
    std::vector<Edge> edges_;
};

}  // namespace bmsrig
