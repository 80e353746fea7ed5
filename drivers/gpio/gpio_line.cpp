#include "drivers/gpio/gpio_line.h"

#include <algorithm>
#include <utility>

namespace bmsrig {

namespace {

/// For an edge to be told of, once the line reads its level: far longer than the kernel's thread
/// needs that does it.
constexpr Duration patience = std::chrono::milliseconds{100};

LineLevel level_of(bool active) {
    return active ? LineLevel::active : LineLevel::inactive;
}

LineLevel other_than(LineLevel level) {
    return level_of(level != LineLevel::active);
}

}  // namespace

GpioLine::GpioLine(const GpioLineContext& context, int channel, unsigned offset,
                   const GpioInputSettings& settings)
    : context_(context), channel_(channel), offset_(offset), settings_(settings) {
    input_ = context_.user.input(offset_, settings_);
    watch_ = std::make_unique<DescriptorWatch>(context_.reactor, input_->descriptor(),
                                               [this] { drain(); });
    begin_at(level_now());
}

GpioLine::~GpioLine() {
    cancel(rest_);
    cancel(doubt_);
}

LineLevel GpioLine::read() {
    drain();
    if (level_now() != debouncer_.net()) doubt();
    return debouncer_.level();
}

void GpioLine::set_debounce(Duration debounce) {
    if (!context_.kernel_debounce) {
        debouncer_.set_debounce(debounce);
        drain();
    } else if (settings_.debounce != debounce) {
        drain();  // what waits was debounced as before
        settings_.debounce = debounce;
        configure();
    }
}

void GpioLine::set_bias(Bias bias) {
    if (settings_.bias == bias) return;
    drain();
    settings_.bias = bias;
    configure();
}

void GpioLine::configure() {
    watch_.reset();  // of a descriptor that may be closed now
    bool missed = false;
    context_.user.run(offset_, "set up anew", [&] { missed = input_->configure(settings_); });
    watch_ = std::make_unique<DescriptorWatch>(context_.reactor, input_->descriptor(),
                                               [this] { drain(); });
    if (missed) follow(level_now(), context_.scheduler.now());
    come_to_rest();
}

void GpioLine::take_edges(std::vector<Edge>& into) {
    into.insert(into.end(), edges_.begin(), edges_.end());
    edges_.clear();
}

void GpioLine::restart() {
    drain();
    edges_.clear();
    sequence_ = 0;
    newest_ = {};
    debouncer_.set_debounce({});
    if (std::exchange(settings_.debounce, Duration{}) != Duration{}) configure();
    begin_at(level_now());
}

void GpioLine::begin_at(LineLevel level) {
    cancel(rest_);
    cancel(doubt_);
    const Duration debounce = debouncer_.debounce();
    debouncer_ = LineDebouncer(level);
    debouncer_.set_debounce(debounce);
}

/// Reads what waits. Nothing is decided before all of it is known.
void GpioLine::drain() {
    waiting_.clear();
    context_.user.run(offset_, "read", [this] { input_->read_events(waiting_); });
    for (const GpioEvent& event : waiting_) take(event);
    events_ += waiting_.size();
    if (!waiting_.empty()) doubt();
    if (debouncer_.due()) come_to_rest();
}

void GpioLine::take(const GpioEvent& event) {
    // The kernel stamps the end of its debounce.
    const Instant stamped = context_.reactor.at_monotonic(event.stamp - settings_.debounce);
    const LineLevel level = level_of(event.active);
    if (stamped < Instant{}) return begin_at(level);  // before this test
    const Instant when = newest_ = std::max(newest_, stamped);
    if (event.after_loss) return lose(level, when);
    if (level == debouncer_.net()) {
        if (debouncer_.debounce() == Duration::zero()) return lose(level, when);
        follow(other_than(level), when);
    }
    follow(level, when);
}

void GpioLine::follow(LineLevel level, Instant when) {
    report(debouncer_.feed(level, when));
    if (debouncer_.debounce() == Duration::zero()) report(debouncer_.settle(when));
}

void GpioLine::report(const std::optional<LineChange>& change) {
    if (change) edges_.push_back({channel_, change->time, change->level, ++sequence_});
}

/// The line is known to be at this level, but not how it came there: a number is left out.
void GpioLine::lose(LineLevel level, Instant when) {
    begin_at(level);
    sequence_ += 2;
    edges_.push_back({channel_, when, level, sequence_});
}

void GpioLine::come_to_rest() {
    cancel(rest_);
    const auto due = debouncer_.due();
    if (!due) return;
    if (*due > context_.scheduler.now()) {
        rest_ = context_.scheduler.schedule(*due, [this] {
            rest_ = 0;
            drain();
        });
    } else if (level_now() == debouncer_.net()) {
        report(debouncer_.settle(context_.scheduler.now()));
    } else {
        doubt();  // an edge is on its way
    }
}

/// The line must soon read what its last event said, or have had another one. Looked at later:
/// whoever waits for the edge does not wait for this.
void GpioLine::doubt() {
    if (doubt_ != 0) return;
    doubt_ =
        context_.scheduler.schedule(context_.scheduler.now() + patience, [this, events = events_] {
            doubt_ = 0;
            believe_or_lose(events);
        });
}

void GpioLine::believe_or_lose(std::uint64_t events_before) {
    drain();
    if (events_ != events_before) return doubt();
    const LineLevel level = level_now();
    if (level != debouncer_.net()) lose(level, context_.scheduler.now());
}

LineLevel GpioLine::level_now() {
    bool active = false;
    context_.user.run(offset_, "read", [&] { active = input_->active(); });
    return level_of(active);
}

void GpioLine::cancel(Scheduler::EventId& event) {
    if (event != 0) context_.scheduler.cancel(event);
    event = 0;
}

}  // namespace bmsrig
