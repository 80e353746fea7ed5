#include "drivers/gpio/gpio_line_bank.h"

#include <algorithm>
#include <vector>

#include "drivers/gpio/gpio_line.h"
#include "drivers/gpio/gpio_options.h"
#include "drivers/gpio/pull_resistors.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/line_bank.h"

namespace bmsrig {

namespace {

constexpr Duration longest_debounce = std::chrono::hours{1};

struct BankOptions {
    bool kernel_debounce = false;
    Duration stamp_uncertainty{};
    Duration bias_settling{};
    std::size_t event_buffer = 0;
    bool hold = false;
};

class GpioLineBank final : public LineBank {
  public:
    GpioLineBank(InstrumentSpec& spec, const DriverContext& context, GpioSystem& system);

    [[nodiscard]] const std::string& name() const override { return user_.instrument(); }
    [[nodiscard]] int channels() const override { return static_cast<int>(lines_.size()); }
    Identity identify() override { return user_.identity(); }
    void make_safe() override {
        if (!options_.hold) rest();
    }
    [[nodiscard]] Instant settled_at() const override;
    void restart(std::uint64_t /*seed*/) override;

    void set_debounce(int channel, Duration debounce) override;
    void set_bias(int channel, Bias bias) override;
    [[nodiscard]] Bias bias(int channel) const override { return biases_[index(channel)]; }
    LineLevel read(int channel) override { return lines_[index(channel)]->read(); }
    std::vector<Edge> take_edges() override;
    [[nodiscard]] Duration stamp_uncertainty() const override { return options_.stamp_uncertainty; }

  private:
    [[nodiscard]] std::size_t index(int channel) const {
        check_channel(name(), channel, channels());
        return static_cast<std::size_t>(channel) - 1;
    }
    void rest() {
        for (int channel = 1; channel <= channels(); ++channel) {
            set_bias(channel, resistors_->at_rest(index(channel)));
        }
    }

    Scheduler& scheduler_;
    GpioUser user_;
    BankOptions options_;
    std::unique_ptr<PullResistors> resistors_;
    std::vector<std::unique_ptr<GpioLine>> lines_;
    std::vector<Bias> biases_;
    Instant biases_settle_;
};

BankOptions options_of(InstrumentSpec& spec) {
    BankOptions options;
    const std::string debounce = spec.word("debounce", "rig");
    if (debounce != "rig" && debounce != "kernel") refuse_option(spec, "debounce", "rig or kernel");
    options.kernel_debounce = debounce == "kernel";
    // The kernel's own debounce ends at a tick of its timers.
    const double uncertainty = options.kernel_debounce ? 10e-3 : 1e-3;
    options.stamp_uncertainty =
        duration_from_seconds(spec.number("stamp_uncertainty", Unit::second, uncertainty, 0, 1));
    options.bias_settling =
        duration_from_seconds(spec.number("bias_settling", Unit::second, 1e-3, 0, 10));
    options.event_buffer = static_cast<std::size_t>(spec.integer("event_buffer", 64, 1, 1024));
    const std::string safe = spec.word("safe", "off");
    if (safe != "off" && safe != "hold") refuse_option(spec, "safe", "off or hold");
    options.hold = safe == "hold";
    return options;
}

GpioLineBank::GpioLineBank(InstrumentSpec& spec, const DriverContext& context, GpioSystem& system)
    : scheduler_(context.scheduler), user_(spec, system), options_(options_of(spec)) {
    const std::vector<std::string> names = lines_of(spec, "lines");
    const std::vector<unsigned> offsets = user_.find(spec, "lines", names);
    const std::vector<bool> active_low = which_of(spec, "active_low", names);
    resistors_ = make_pull_resistors(spec, user_, names);
    const GpioLineContext line{user_, require_reactor(spec, context), context.scheduler,
                               options_.kernel_debounce};
    for (std::size_t i = 0; i < names.size(); ++i) {
        biases_.push_back(resistors_->at_rest(i));
        lines_.push_back(std::make_unique<GpioLine>(
            line, static_cast<int>(i) + 1, offsets[i],
            GpioInputSettings{resistors_->of_pin(biases_[i]), active_low[i], Duration::zero(),
                              options_.event_buffer}));
    }
}

Instant GpioLineBank::settled_at() const {
    Instant last = biases_settle_;
    for (const auto& line : lines_) last = std::max(last, line->settled_at());
    return last;
}

void GpioLineBank::restart(std::uint64_t /*seed*/) {
    rest();
    biases_settle_ = {};
    for (const auto& line : lines_) line->restart();
}

void GpioLineBank::set_debounce(int channel, Duration debounce) {
    GpioLine& line = *lines_[index(channel)];
    if (debounce < Duration::zero() || debounce > longest_debounce) {
        throw RatingError("instrument \"" + name() + "\", channel " + std::to_string(channel) +
                          ": a debounce of " + format_duration(debounce) +
                          " was asked for, but its range is 0 s .. " +
                          format_duration(longest_debounce) + "; refused, nothing was changed");
    }
    line.set_debounce(debounce);
}

void GpioLineBank::set_bias(int channel, Bias bias) {
    const std::size_t i = index(channel);
    if (biases_[i] == bias) return;
    resistors_->join(i, bias);
    biases_[i] = bias;
    biases_settle_ = std::max(biases_settle_, scheduler_.now() + options_.bias_settling);
    lines_[i]->set_bias(resistors_->of_pin(bias));
}

std::vector<Edge> GpioLineBank::take_edges() {
    std::vector<Edge> edges;
    for (const auto& line : lines_) line->take_edges(edges);
    if (edges.size() > 1) std::ranges::stable_sort(edges, {}, &Edge::time);  // it allocates
    return edges;
}

}  // namespace

std::unique_ptr<Instrument> make_gpio_line_bank(InstrumentSpec& spec, const DriverContext& context,
                                                GpioSystem& system) {
    return std::make_unique<GpioLineBank>(spec, context, system);
}

std::unique_ptr<Instrument> make_gpio_line_bank(InstrumentSpec& spec,
                                                const DriverContext& context) {
    return make_gpio_line_bank(spec, context, kernel_gpio());
}

}  // namespace bmsrig
