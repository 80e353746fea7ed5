#include "drivers/virtual_common/analog_bank.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// settling_time is that of the full range to half a step, first order.
double time_constant_of(const AnalogSpec& spec) {
    const double ratio = (spec.maximum - spec.minimum) / (spec.resolution / 2);
    return to_seconds(spec.settling_time) / std::log(ratio);
}

}  // namespace

AnalogBank::AnalogBank(std::string name, const AnalogSpec& spec, OffState off_state,
                       const DriverContext& context, Shape shape)
    : name_(std::move(name)),
      spec_(spec),
      off_state_(off_state),
      scheduler_(context.scheduler),
      shape_(std::move(shape)),
      set_grid_(spec.resolution, spec.minimum, spec.maximum),
      reading_grid_(spec.resolution, -infinity, infinity),
      time_constant_(time_constant_of(spec)),
      zero_(set_grid_.round(0)),
      off_value_(off_state == OffState::zero ? 0 : nothing) {
    for (int number = 1; number <= spec.channels; ++number) {
        channels_.emplace_back(context.seed, name_, number);
        calibrate(channels_.back(), number, context.seed);
        reset(channels_.back());
        channels_.back().terminal = off_value_;
    }
}

AnalogBank::~AnalogBank() {
    cancel(update_event_);
    cancel(noise_event_);
}

void AnalogBank::calibrate(Channel& channel, int number, std::uint64_t seed) const {
    RandomSource errors(seed, name_, number, "calibration");
    const double largest =
        std::max(std::abs(spec_.minimum), std::abs(spec_.maximum)) + spec_.accuracy;
    // Half of what noise and rounding leave goes to the gain, half to the offset: their sum is
    // within the accuracy.
    const double source = spec_.accuracy - RandomSource::noise_bound * spec_.noise;
    const double reading = source - spec_.resolution / 2;
    channel.gain_error = errors.symmetric() * source / 2 / largest;
    channel.offset_error = errors.symmetric() * source / 2;
    channel.reading_gain_error = errors.symmetric() * reading / 2 / largest;
    channel.reading_offset_error = errors.symmetric() * reading / 2;
}

void AnalogBank::check(int channel) const {
    check_channel(name_, channel, spec_.channels);
}

const AnalogBank::Channel& AnalogBank::at(int channel) const {
    check(channel);
    return channels_[static_cast<std::size_t>(channel) - 1];
}

AnalogBank::Channel& AnalogBank::at(int channel) {
    check(channel);
    return channels_[static_cast<std::size_t>(channel) - 1];
}

double AnalogBank::checked(int channel, double value) const {
    check(channel);
    if (value >= spec_.minimum && value <= spec_.maximum) return set_grid_.round(value);
    throw RatingError("instrument \"" + name_ + "\", channel " + std::to_string(channel) + ": " +
                      format_quantity(value, spec_.unit) + " was asked for, but its range is " +
                      format_quantity(spec_.minimum, spec_.unit) + " .. " +
                      format_quantity(spec_.maximum, spec_.unit) +
                      "; refused, nothing was changed");
}

double AnalogBank::set(int channel, double value) {
    const double set_point = checked(channel, value);
    move(at(channel), set_point);
    plan();
    compute(channel);
    announce();
    return set_point;
}

void AnalogBank::set_first(std::span<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        (void)checked(static_cast<int>(i) + 1, values[i]);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = set_grid_.round(values[i]);
        move(channels_[i], values[i]);
    }
    plan();
    for (std::size_t i = 0; i < values.size(); ++i) compute(static_cast<int>(i) + 1);
    announce();
}

void AnalogBank::set_on(int channel, bool on) {
    Channel& it = at(channel);
    if (it.on == on) return;
    if (on) {
        switch_on(it);
    } else {
        switch_off(it);
    }
    plan();
    compute(channel);
    announce();
}

void AnalogBank::move(Channel& channel, double set_point) {
    channel.set_point = set_point;
    if (!channel.on && off_state_ != OffState::relay) {
        switch_on(channel);
        return;
    }
    const Instant now = scheduler_.now();
    if (channel.motion.to() != set_point) {
        channel.motion = Approach(now, channel.motion.at(now), set_point, spec_.slew,
                                  time_constant_, spec_.resolution / 2);
    }
    if (channel.motion.done() <= now) channel.level = set_point;
    if (!channel.on) switch_on(channel);
}

void AnalogBank::switch_on(Channel& channel) {
    const Instant now = scheduler_.now();
    if (off_state_ != OffState::relay) {
        channel.motion = Approach(now, zero_, channel.set_point, spec_.slew, time_constant_,
                                  spec_.resolution / 2);
        channel.level = channel.motion.at(now);
    }
    channel.on = true;
    channel.connected = off_state_ != OffState::relay || channel.motion.done() <= now;
}

void AnalogBank::switch_off(Channel& channel) {
    channel.on = false;
    channel.connected = false;
    channel.noise = 0;
    if (off_state_ != OffState::relay) {
        channel.motion = Approach(zero_);
        channel.level = zero_;
    }
}

void AnalogBank::reset(Channel& channel) const {
    channel.set_point = zero_;
    channel.motion = Approach(zero_);
    channel.level = zero_;
    channel.noise = 0;
    channel.on = false;
    channel.connected = false;
    channel.changed = false;
}

Instant AnalogBank::settled_at() const {
    Instant last;
    for (const Channel& channel : channels_) last = std::max(last, channel.motion.done());
    return last;
}

/// Keeps the next step and the next noise on the scheduler as long as there is something to do.
void AnalogBank::plan() {
    const Instant now = scheduler_.now();
    const Instant last = settled_at();
    if (last <= now) {
        cancel(update_event_);
    } else {
        const Instant due = std::min(now + spec_.update_interval, last);
        if (update_event_ == 0 || due < update_due_) {
            cancel(update_event_);
            update_event_ = scheduler_.schedule(due, [this] { update(); });
            update_due_ = due;
        }
    }
    if (spec_.noise == 0 || spec_.noise_interval == Duration::zero()) return;
    const bool any = std::ranges::any_of(channels_, &Channel::on);
    if (!any) {
        cancel(noise_event_);
    } else if (noise_event_ == 0) {
        noise_event_ = scheduler_.schedule(now + spec_.noise_interval, [this] { draw_noise(); });
    }
}

void AnalogBank::update() {
    update_event_ = 0;
    const Instant now = scheduler_.now();
    for (Channel& channel : channels_) {
        channel.level = channel.motion.at(now);
        if (channel.on && channel.motion.done() <= now) channel.connected = true;
    }
    plan();
    for (int number = 1; number <= spec_.channels; ++number) compute(number);
    announce();
}

void AnalogBank::draw_noise() {
    noise_event_ = 0;
    for (Channel& channel : channels_) {
        if (channel.on) channel.noise = spec_.noise * channel.output_noise.noise();
    }
    plan();
    for (int number = 1; number <= spec_.channels; ++number) compute(number);
    announce();
}

double AnalogBank::source(int channel) const {
    const Channel& it = at(channel);
    if (!it.connected) return off_value_;
    return it.level + it.level * it.gain_error + it.offset_error + it.noise;
}

double AnalogBank::reading(int channel) {
    Channel& it = at(channel);
    if (std::isnan(it.terminal)) return it.terminal;
    double error = it.terminal * it.reading_gain_error + it.reading_offset_error;
    if (spec_.noise > 0) error += spec_.noise * it.reading_noise.noise();
    return reading_grid_.round(it.terminal + error);
}

void AnalogBank::reshape(int channel) {
    compute(channel);
    announce();
}

void AnalogBank::compute(int number) {
    Channel& channel = at(number);
    const double value = shape_(number, source(number));
    if (same_value(value, channel.terminal)) return;
    channel.terminal = value;
    channel.changed = true;
}

/// Only when all channels have their new values, so that a listener sees them change in the same
/// instant.
void AnalogBank::announce() {
    for (int number = 1; number <= spec_.channels; ++number) {
        Channel& channel = at(number);
        if (!channel.changed) continue;
        channel.changed = false;
        if (listener_) listener_(number);
    }
}

void AnalogBank::make_safe() {
    for (Channel& channel : channels_) reset(channel);
    plan();
    for (int number = 1; number <= spec_.channels; ++number) compute(number);
    announce();
}

void AnalogBank::restart(std::uint64_t seed) {
    cancel(update_event_);
    cancel(noise_event_);
    for (int number = 1; number <= spec_.channels; ++number) {
        Channel& channel = at(number);
        channel.output_noise = RandomSource(seed, name_, number, "output");
        channel.reading_noise = RandomSource(seed, name_, number, "reading");
        reset(channel);
        channel.terminal = off_value_;
    }
}

void AnalogBank::cancel(Scheduler::EventId& event) {
    if (event != 0) scheduler_.cancel(event);
    event = 0;
}

}  // namespace bmsrig
