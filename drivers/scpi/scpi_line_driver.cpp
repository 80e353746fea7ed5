#include "drivers/scpi/scpi_line_driver.h"

#include <algorithm>

#include "drivers/scpi/options.h"
#include "drivers/scpi/scpi_instrument.h"
#include "drivers/scpi/values.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {

namespace {

using namespace scpi;

/// What make_safe and the guard do with a contact.
enum class SafeState : unsigned char { open, closed, hold };

std::vector<SafeState> take_safe(InstrumentSpec& spec, int channels) {
    const auto count = static_cast<std::size_t>(channels);
    const DriverOption* option = find_option(spec, "safe");
    if (option == nullptr) return std::vector(count, SafeState::open);
    std::vector<SafeState> states;
    const auto words = split(option->text, ',');
    for (const std::string_view word : words) {
        if (word == "open") {
            states.push_back(SafeState::open);
        } else if (word == "closed") {
            states.push_back(SafeState::closed);
        } else if (word == "hold") {
            states.push_back(SafeState::hold);
        }
    }
    if (states.size() == 1) states.resize(count, states.front());
    if (words.empty() || states.size() != count || (words.size() != count && words.size() != 1)) {
        refuse_option(spec, *option,
                      in_quotes(option->text) + " stands here; expected open, closed or hold, or " +
                          std::to_string(channels) + " of these words by commas");
    }
    return states;
}

class ScpiLineDriver final : public ScpiInstrument<LineDriver> {
  public:
    ScpiLineDriver(InstrumentSpec& spec, const DriverContext& context, const CoreDefaults& defaults)
        : ScpiInstrument(spec, context, defaults),
          close_(CommandTemplate::take(spec, "close", change)),
          open_(CommandTemplate::take(spec, "open", change)),
          closed_(static_cast<std::size_t>(channels()), false) {}

    void set_safe(std::vector<SafeState> safe) { safe_ = std::move(safe); }

    void set(int channel, bool closed) override {
        core_.check(channel);
        core_.send(core_.unit_of(channel), core_.fill(closed ? close_ : open_, {&channel, 1}));
        core_.moved();
        closed_[static_cast<std::size_t>(channel) - 1] = closed;
    }
    [[nodiscard]] bool is_closed(int channel) const override {
        core_.check(channel);
        return closed_[static_cast<std::size_t>(channel) - 1];
    }
    void make_safe() override {
        core_.make_safe([this](std::size_t unit) { return off(unit); });
        for (std::size_t i = 0; i < closed_.size(); ++i) {
            if (safe_[i] != SafeState::hold) closed_[i] = safe_[i] == SafeState::closed;
        }
    }

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t unit) const override {
        auto commands = core_.fill(open_, with(unit, SafeState::open));
        append(commands, core_.fill(close_, with(unit, SafeState::closed)));
        return commands;
    }
    [[nodiscard]] std::vector<std::string> power_on(std::size_t unit) const override {
        return core_.fill(open_, core_.channels_of(unit));
    }
    void forget() override { closed_.assign(closed_.size(), false); }

  private:
    static constexpr auto kind = CommandTemplate::Kind::command;
    inline static const CommandTemplate::Rules change{
        kind, {Hole::channel, Hole::channels}, {}, true};

    [[nodiscard]] std::vector<int> with(std::size_t unit, SafeState state) const {
        std::vector<int> channels = core_.channels_of(unit);
        std::erase_if(channels, [&](int channel) {
            return safe_[static_cast<std::size_t>(channel) - 1] != state;
        });
        return channels;
    }

    CommandTemplate close_;
    CommandTemplate open_;
    std::vector<bool> closed_;
    std::vector<SafeState> safe_;
};

}  // namespace

std::unique_ptr<Instrument> make_scpi_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_line_driver";
    defaults.settling_option = "operate_time";
    defaults.settling = std::chrono::milliseconds{20};
    defaults.takes_safe = false;
    auto made = std::make_unique<ScpiLineDriver>(spec, context, defaults);
    made->set_safe(take_safe(spec, made->channels()));
    return made;
}

}  // namespace bmsrig
