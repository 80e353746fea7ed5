#include "drivers/virtual_meter/virtual_meter.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "drivers/virtual_common/quantiser.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/meter.h"
#include "rig/instruments/terminals.h"
#include "rig/quantity.h"
#include "rig/random_source.h"

namespace bmsrig {

namespace {

constexpr double largest = 1000;
constexpr double largest_value = 1e6;

struct MeterSpec {
    double resolution = 0;
    double accuracy = 0;
    double noise = 0;
    std::string calibrated;
};

class VirtualMeter final : public Meter, public ProbeTerminals {
  public:
    VirtualMeter(std::string name, int channels, MeterSpec spec, std::uint64_t seed)
        : name_(std::move(name)),
          spec_(std::move(spec)),
          grid_(spec_.resolution, -largest_value, largest_value) {
        const double left =
            spec_.accuracy - spec_.resolution / 2 - RandomSource::noise_bound * spec_.noise;
        for (int channel = 1; channel <= channels; ++channel) {
            RandomSource calibration(seed, name_, channel, "calibration");
            inputs_.push_back({nothing, calibration.symmetric() * left,
                               RandomSource(seed, name_, channel, "reading")});
        }
    }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return static_cast<int>(inputs_.size()); }
    Identity identify() override {
        return virtual_identity("virtual meter", name_, spec_.calibrated);
    }
    void make_safe() override {}  // it drives nothing
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t seed) override {
        for (int channel = 1; channel <= channels(); ++channel) {
            at(channel).value = nothing;
            at(channel).noise = RandomSource(seed, name_, channel, "reading");
        }
    }

    double read(int channel) override {
        Input& input = at(channel);
        if (std::isnan(input.value)) return nothing;
        const double noise = spec_.noise > 0 ? input.noise.noise() * spec_.noise : 0;
        return grid_.round(input.value + input.error + noise);
    }
    [[nodiscard]] double accuracy(int channel) const override {
        check_channel(name_, channel, channels());
        return spec_.accuracy;
    }

    void feel(int channel, double value) override { at(channel).value = value; }

  private:
    static constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

    struct Input {
        double value = nothing;
        double error = 0;  // of the calibration
        RandomSource noise;
    };
    Input& at(int channel) {
        check_channel(name_, channel, channels());
        return inputs_[static_cast<std::size_t>(channel) - 1];
    }

    std::string name_;
    MeterSpec spec_;
    Quantiser grid_;
    std::vector<Input> inputs_;
};

Unit take_unit(InstrumentSpec& spec) {
    const std::string word = spec.word("unit", "V");
    for (const auto unit : {Unit::volt, Unit::ampere, Unit::ohm, Unit::celsius, Unit::ratio}) {
        if (word == to_string(unit)) return unit;
    }
    throw InputError(spec.file, spec.line,
                     "instrument \"" + spec.name + "\": unit " + word +
                         " stands here; expected V, A, ohm, degC or ratio");
}

}  // namespace

std::unique_ptr<Instrument> make_virtual_meter(InstrumentSpec& spec, const DriverContext& context) {
    const int channels = spec.integer("channels", 1, 1, 64);
    const Unit unit = take_unit(spec);
    MeterSpec meter;
    meter.resolution = spec.number("resolution", unit, 1e-3, 1e-9, largest);
    meter.accuracy = spec.number("accuracy", unit, 10e-3, meter.resolution / 2, largest);
    meter.noise = spec.number("noise", unit, 0, 0, meter.accuracy);
    meter.calibrated = spec.date("calibrated");
    const double least = meter.resolution / 2 + RandomSource::noise_bound * meter.noise;
    if (least > meter.accuracy) {
        throw InputError(
            spec.file, spec.line,
            "instrument \"" + spec.name + "\": accuracy " + format_quantity(meter.accuracy, unit) +
                " cannot be kept: half the resolution and 4 times the noise are " +
                format_quantity(least, unit) + " already; give a coarser accuracy or less noise");
    }
    return std::make_unique<VirtualMeter>(spec.name, channels, std::move(meter), context.seed);
}

}  // namespace bmsrig
