#include "drivers/gpio/pull_resistors.h"

#include <string_view>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

class PinResistors final : public PullResistors {
  public:
    [[nodiscard]] Bias of_pin(Bias wanted) const override { return wanted; }
    void join(std::size_t /*channel*/, Bias /*bias*/) override {}  // the line's own settings do it
};

class SwitchedResistors final : public PullResistors {
  public:
    using Outputs = std::vector<std::unique_ptr<GpioOutput>>;
    struct Side {
        std::vector<unsigned> offsets;
        Outputs outputs;
    };
    SwitchedResistors(GpioUser& user, Side up, Side down)
        : user_(user), up_(std::move(up)), down_(std::move(down)) {}

    /// Never both at once: they would be a divider.
    void join(std::size_t channel, Bias bias) override {
        if (bias != Bias::up) set(up_, channel, false);
        if (bias != Bias::down) set(down_, channel, false);
        if (bias == Bias::up) set(up_, channel, true);
        if (bias == Bias::down) set(down_, channel, true);
    }

  private:
    void set(Side& side, std::size_t channel, bool joined) {
        user_.run(side.offsets.at(channel), "switched",
                  [&] { side.outputs.at(channel)->set(joined); });
    }

    GpioUser& user_;
    Side up_;
    Side down_;
};

class FixedResistors final : public PullResistors {
  public:
    FixedResistors(std::string instrument, std::vector<bool> up)
        : instrument_(std::move(instrument)), up_(std::move(up)) {}
    [[nodiscard]] Bias at_rest(std::size_t channel) const override {
        return up_.at(channel) ? Bias::up : Bias::down;
    }
    void join(std::size_t channel, Bias bias) override {
        if (bias == at_rest(channel)) return;
        throw BenchCannot("line_bias",
                          "instrument \"" + instrument_ + "\", channel " +
                              std::to_string(channel + 1) + ": bias " +
                              std::string(to_string(bias)) +
                              " was asked for, but this bank has a fixed resistor there (" +
                              std::string(to_string(at_rest(channel))) +
                              "), says its bench file with `bias: none`");
    }

  private:
    std::string instrument_;
    std::vector<bool> up_;
};

SwitchedResistors::Side outputs_of(InstrumentSpec& spec, GpioUser& user, std::string_view key,
                                   std::size_t channels, std::vector<std::string>& names) {
    const std::vector<std::string> lines = lines_of(spec, key);
    if (lines.size() != channels) {
        refuse_option(spec, key,
                      std::to_string(channels) + " output lines, one for each of `lines`");
    }
    names.insert(names.end(), lines.begin(), lines.end());
    return {user.find(spec, key, lines), {}};
}

std::unique_ptr<PullResistors> switched(InstrumentSpec& spec, GpioUser& user,
                                        std::size_t channels) {
    std::vector<std::string> names;
    auto up = outputs_of(spec, user, "pull_up", channels, names);
    auto down = outputs_of(spec, user, "pull_down", channels, names);
    const std::vector<bool> low = which_of(spec, "pull_active_low", names);
    for (std::size_t i = 0; i < channels; ++i) {
        up.outputs.push_back(user.output(up.offsets[i], low[i], false));
        down.outputs.push_back(user.output(down.offsets[i], low[channels + i], true));
    }
    return std::make_unique<SwitchedResistors>(user, std::move(up), std::move(down));
}

}  // namespace

std::unique_ptr<PullResistors> make_pull_resistors(InstrumentSpec& spec, GpioUser& user,
                                                   const std::vector<std::string>& lines) {
    const std::string bias = spec.word("bias", "kernel");
    if (bias == "kernel") return std::make_unique<PinResistors>();
    if (bias == "outputs") return switched(spec, user, lines.size());
    if (bias != "none") refuse_option(spec, "bias", "kernel, outputs or none");
    return std::make_unique<FixedResistors>(spec.name, which_of(spec, "fixed_pull_up", lines));
}

}  // namespace bmsrig
