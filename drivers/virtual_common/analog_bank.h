// Analogue outputs that are as imperfect as real ones: calibration error, noise, slew and settling,
// on the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/registry.h"
#include "drivers/virtual_common/analog_options.h"
#include "drivers/virtual_common/approach.h"
#include "drivers/virtual_common/quantiser.h"
#include "rig/random_source.h"

namespace bmsrig {

/// What an output does while it is off, and how it comes on.
enum class OffState : unsigned char {
    relay,     ///< a relay opens (NaN) and closes again only when the source behind it has settled
    floating,  ///< NaN; switched on, it rises from zero
    zero       ///< exactly 0; switched on, it rises from there
};

/// The channels of one instrument. They share their events: one for each step of all that move
/// together. The calibration's error is decided by the seed of the bench and stays; the noise is
/// decided by that of restart().
class AnalogBank {
  public:
    /// Makes what stands at the terminals of what the source puts out (NaN while off): faults and
    /// loads.
    using Shape = std::function<double(int channel, double source)>;

    AnalogBank(std::string name, const AnalogSpec& spec, OffState off_state,
               const DriverContext& context, Shape shape);
    ~AnalogBank();
    AnalogBank(const AnalogBank&) = delete;
    AnalogBank& operator=(const AnalogBank&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const AnalogSpec& spec() const { return spec_; }

    /// Sets a channel, switches it on, returns the value in force. Throws RatingError, and changes
    /// nothing.
    double set(int channel, double value);
    /// Channels 1..n at once.
    void set_first(std::span<double> values);
    void set_on(int channel, bool on);

    /// What the source puts out now, before the shape.
    [[nodiscard]] double source(int channel) const;
    [[nodiscard]] double terminal(int channel) const { return at(channel).terminal; }
    /// The terminals as the instrument reads them: with error, noise and rounding, within the
    /// accuracy.
    double reading(int channel);

    /// To be called when a channel's shape has changed.
    void reshape(int channel);
    void on_change(std::function<void(int channel)> listener) { listener_ = std::move(listener); }

    [[nodiscard]] Instant settled_at() const;
    /// All off, everything set forgotten.
    void make_safe();
    void restart(std::uint64_t seed);

    /// Throws RatingError unless the channel exists.
    void check(int channel) const;

  private:
    struct Channel {
        Channel(std::uint64_t seed, std::string_view instrument, int number)
            : output_noise(seed, instrument, number, "output"),
              reading_noise(seed, instrument, number, "reading") {}

        RandomSource output_noise;
        RandomSource reading_noise;
        double gain_error = 0;
        double offset_error = 0;
        double reading_gain_error = 0;
        double reading_offset_error = 0;
        double set_point = 0;
        Approach motion;
        double level = 0;  ///< of the step that the output stands on while it moves
        double noise = 0;
        double terminal = 0;
        bool on = false;
        bool connected = false;
        bool changed = false;  ///< the listener has yet to hear of it
    };

    [[nodiscard]] const Channel& at(int channel) const;
    [[nodiscard]] Channel& at(int channel);
    void calibrate(Channel& channel, int number, std::uint64_t seed) const;
    [[nodiscard]] double checked(int channel, double value) const;
    void move(Channel& channel, double set_point);
    void switch_on(Channel& channel);
    void switch_off(Channel& channel);
    void reset(Channel& channel) const;
    void plan();
    void update();
    void draw_noise();
    void compute(int number);
    void announce();
    void cancel(Scheduler::EventId& event);

    std::string name_;
    AnalogSpec spec_;
    OffState off_state_;
    Scheduler& scheduler_;
    Shape shape_;
    Quantiser set_grid_;
    Quantiser reading_grid_;
    double time_constant_ = 0;
    double zero_ = 0;  // where a source starts: 0, or the end of its range that is nearest to it
    double off_value_ = 0;  // at the terminals
    std::vector<Channel> channels_;
    std::function<void(int)> listener_;
    Scheduler::EventId update_event_ = 0;  // 0: none
    Instant update_due_;
    Scheduler::EventId noise_event_ = 0;
};

}  // namespace bmsrig
