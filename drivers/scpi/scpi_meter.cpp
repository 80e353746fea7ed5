#include "drivers/scpi/scpi_meter.h"

#include "drivers/scpi/options.h"
#include "drivers/scpi/scpi_instrument.h"
#include "rig/error.h"
#include "rig/instruments/meter.h"

namespace bmsrig {

namespace {

using namespace scpi;

class ScpiMeter final : public ScpiInstrument<Meter> {
  public:
    ScpiMeter(InstrumentSpec& spec, const DriverContext& context, const CoreDefaults& defaults)
        : ScpiInstrument(spec, context, defaults),
          read_(CommandTemplate::take(spec, "read",
                                      {CommandTemplate::Kind::query, {Hole::channel}, {}, true})) {
        constexpr double finest = 1e-9;
        constexpr double most = 1e6;
        const Unit unit =
            unit_from_string(take_word(spec, "unit", {"V", "A", "ohm", "degC", "ratio"}, "V"));
        accuracy_ = spec.number("accuracy", unit, 0, finest, most);
        scale_ = spec.number("scale", Unit::none, 1, -most, most);
        if (scale_ == 0) {
            refuse_option(spec, *find_option(spec, "scale"),
                          "every reading would be 0; expected what a reading is multiplied by");
        }
        const double resolution = spec.number("resolution", unit, 0, 0, most);
        if (accuracy_ > 0 && accuracy_ >= resolution / 2) return;
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": accuracy " +
                             format_quantity(accuracy_, unit) +
                             " stands here or none; expected it from the instrument's data sheet, "
                             "and at least half the resolution of " +
                             format_quantity(resolution, unit));
    }

    double read(int channel) override { return scale_ * core_.read(read_, channel); }
    [[nodiscard]] double accuracy(int channel) const override {
        core_.check(channel);
        return accuracy_;
    }

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t /*unit*/) const override { return {}; }
    void forget() override {}  // it drives nothing

  private:
    CommandTemplate read_;
    double accuracy_ = 0;
    double scale_ = 1;
};

}  // namespace

std::unique_ptr<Instrument> make_scpi_meter(InstrumentSpec& spec, const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_meter";
    defaults.settling = {};
    return std::make_unique<ScpiMeter>(spec, context, defaults);
}

}  // namespace bmsrig
