#include "drivers/instrument_server/gpio_sim_bridge.h"

#include <optional>
#include <utility>

#include "drivers/gpio/gpio_options.h"
#include "drivers/instrument_server/gpio_bias_watch.h"
#include "drivers/instrument_server/gpio_sim_lines.h"
#include "rig/error.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {

namespace {

/// What a lab process may need on a busy machine until it acts on what the rig did.
constexpr Duration reaction = std::chrono::milliseconds{20};

template <typename Kind>
Kind& served(const InstrumentSpec& serve, Instrument& instrument, const char* kind) {
    if (auto* found = dynamic_cast<Kind*>(&instrument)) return *found;
    throw InputError(
        serve.file, serve.line,
        "serve." + serve.name + ": it is served as " + serve.driver + ", but it is no " + kind);
}

Duration poll_of(InstrumentSpec& serve) {
    return duration_from_seconds(serve.number("poll", Unit::second, 10e-3, 1e-3, 10e-3));
}

class LineBankBridge final : public Bridge {
  public:
    LineBankBridge(InstrumentSpec& serve, LineBank& bank, const BridgeContext& context);

    [[nodiscard]] ServedAs served_as() const override {
        return {"gpio_line_bank", lines_.chip(), options_};
    }
    void pass() override {
        for (const Edge& edge : bank_.take_edges()) put(index(edge.channel), edge.level);
    }

  private:
    static std::size_t index(int channel) { return static_cast<std::size_t>(channel) - 1; }
    void say(const std::string& key, const std::string& text) { options_.emplace_back(key, text); }
    void put(std::size_t line, LineLevel level) {
        if (level != LineLevel::indeterminate) {
            lines_.pull(offsets_[line], level == LineLevel::active);
        }
    }
    void join(std::size_t line, Bias bias);
    void watch_pins(const BridgeContext& context);
    void watch_outputs(InstrumentSpec& serve, const BridgeContext& context);
    void look_at_outputs();

    LineBank& bank_;
    GpioSimLines lines_;
    std::vector<unsigned> offsets_;
    std::vector<unsigned> up_;
    std::vector<unsigned> down_;
    std::vector<std::pair<std::string, std::string>> options_;
    std::function<void()> catch_up_;
    std::optional<GpioBiasWatch> pins_;
    std::optional<Repeated> outputs_;
};

LineBankBridge::LineBankBridge(InstrumentSpec& serve, LineBank& bank, const BridgeContext& context)
    : bank_(bank),
      lines_(serve),
      offsets_(lines_.take(serve, "lines", bank.channels())),
      catch_up_(context.catch_up) {
    const double uncertainty = serve.number("stamp_uncertainty", Unit::second, 5e-3, 0, 1);
    say("chip", lines_.chip());
    say("lines", serve.word("lines", ""));
    say("stamp_uncertainty", format_duration(duration_from_seconds(uncertainty)));
    say("bias_settling", format_duration(reaction));
    const std::string bias = serve.word("bias", "kernel");
    if (bias == "outputs") {
        watch_outputs(serve, context);
    } else if (bias == "kernel") {
        watch_pins(context);
    } else {
        refuse_option(serve, "bias", "kernel or outputs");
    }
    say("bias", bias);
    for (int channel = 1; channel <= bank_.channels(); ++channel) {
        put(index(channel), bank_.read(channel));
    }
}

void LineBankBridge::watch_pins(const BridgeContext& context) {
    pins_.emplace(context.reactor, lines_.chip(), offsets_, [this](std::size_t line, Bias bias) {
        catch_up_();
        join(line, bias);
    });
}

void LineBankBridge::watch_outputs(InstrumentSpec& serve, const BridgeContext& context) {
    up_ = lines_.take(serve, "pull_up", bank_.channels());
    down_ = lines_.take(serve, "pull_down", bank_.channels());
    say("pull_up", serve.word("pull_up", ""));
    say("pull_down", serve.word("pull_down", ""));
    outputs_.emplace(context.scheduler, poll_of(serve), [this] { look_at_outputs(); });
}

void LineBankBridge::look_at_outputs() {
    for (std::size_t line = 0; line < offsets_.size(); ++line) {
        const bool up = lines_.value(up_[line]);
        const bool down = lines_.value(down_[line]);
        const Bias bias = up == down ? Bias::none : up ? Bias::up : Bias::down;
        if (bias != bank_.bias(static_cast<int>(line) + 1)) join(line, bias);
    }
}

/// The simulated chip gives a line the level of a resistor that is joined, whoever drives it: the
/// line gets back what it has.
void LineBankBridge::join(std::size_t line, Bias bias) {
    const int channel = static_cast<int>(line) + 1;
    bank_.set_bias(channel, bias);
    pass();
    put(line, bank_.read(channel));
}

class LineDriverBridge final : public Bridge {
  public:
    LineDriverBridge(InstrumentSpec& serve, LineDriver& contacts, const BridgeContext& context)
        : contacts_(contacts),
          lines_(serve),
          offsets_(lines_.take(serve, "lines", contacts.channels())),
          said_(serve.word("lines", "")),
          poll_(context.scheduler, poll_of(serve), [this] { look(); }) {
        InstrumentSpec relays = context.instrument;
        operate_time_ =
            duration_from_seconds(relays.number("operate_time", Unit::second, 1e-3, 0, 10)) +
            reaction;
    }

    [[nodiscard]] ServedAs served_as() const override {
        return {"gpio_line_driver",
                lines_.chip(),
                {{"chip", lines_.chip()},
                 {"lines", said_},
                 {"operate_time", format_duration(operate_time_)}}};
    }

  private:
    void look() {
        for (int channel = 1; channel <= contacts_.channels(); ++channel) {
            contacts_.set(channel, lines_.value(offsets_[static_cast<std::size_t>(channel) - 1]));
        }
    }

    LineDriver& contacts_;
    GpioSimLines lines_;
    std::vector<unsigned> offsets_;
    std::string said_;
    Duration operate_time_{};
    Repeated poll_;
};

}  // namespace

std::unique_ptr<Bridge> make_gpio_line_bank_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                   const BridgeContext& context) {
    return std::make_unique<LineBankBridge>(serve, served<LineBank>(serve, instrument, "line bank"),
                                            context);
}

std::unique_ptr<Bridge> make_gpio_line_driver_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                     const BridgeContext& context) {
    return std::make_unique<LineDriverBridge>(
        serve, served<LineDriver>(serve, instrument, "line driver"), context);
}

}  // namespace bmsrig
