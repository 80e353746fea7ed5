#include "drivers/gpio/gpio_line_driver.h"

#include <algorithm>
#include <vector>

#include "drivers/gpio/gpio_options.h"
#include "drivers/gpio/gpio_user.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {

namespace {

enum class SafePosition : unsigned char { open, closed, hold };

struct Contact {
    unsigned offset = 0;
    bool active_low = false;
    SafePosition safe = SafePosition::open;
    std::unique_ptr<GpioOutput> output;
    bool closed = false;
};

class GpioLineDriver final : public LineDriver {
  public:
    GpioLineDriver(InstrumentSpec& spec, const DriverContext& context, GpioSystem& system);
    ~GpioLineDriver() override {
        try {
            make_safe();
        } catch (const InstrumentError&) {  // NOLINT(bugprone-empty-catch): nobody to tell, and the
            // chip that went away switches nothing.
        }
    }

    [[nodiscard]] const std::string& name() const override { return user_.instrument(); }
    [[nodiscard]] int channels() const override { return static_cast<int>(contacts_.size()); }
    Identity identify() override { return user_.identity(); }
    void make_safe() override;
    [[nodiscard]] std::vector<SafeAction> safe_actions() const override;
    [[nodiscard]] Instant settled_at() const override { return settled_at_; }
    void restart(std::uint64_t seed) override;

    void set(int channel, bool closed) override;
    [[nodiscard]] bool is_closed(int channel) const override {
        return contacts_[index(channel)].closed;
    }

  private:
    [[nodiscard]] std::size_t index(int channel) const {
        check_channel(name(), channel, channels());
        return static_cast<std::size_t>(channel) - 1;
    }

    Scheduler& scheduler_;
    GpioUser user_;
    Duration operate_time_{};
    std::vector<Contact> contacts_;
    Instant settled_at_;
};

/// One word for all contacts or one for each.
std::vector<SafePosition> safe_positions(InstrumentSpec& spec, std::size_t contacts) {
    std::vector<std::string> words = words_of(spec, "safe");
    if (words.empty()) words = {"off"};
    if (words.size() == 1) words.resize(contacts, words.front());
    std::vector<SafePosition> positions;
    for (const std::string& word : words) {
        if (word == "off" || word == "open") positions.push_back(SafePosition::open);
        if (word == "closed") positions.push_back(SafePosition::closed);
        if (word == "hold") positions.push_back(SafePosition::hold);
    }
    if (words.size() != contacts || positions.size() != contacts) {
        refuse_option(spec, "safe",
                      "off (which is open), open, closed or hold: one word for all contacts, or " +
                          std::to_string(contacts) + " with spaces between them");
    }
    return positions;
}

GpioLineDriver::GpioLineDriver(InstrumentSpec& spec, const DriverContext& context,
                               GpioSystem& system)
    : scheduler_(context.scheduler), user_(spec, system) {
    require_reactor(spec, context);
    operate_time_ = duration_from_seconds(spec.number("operate_time", Unit::second, 10e-3, 0, 10));
    const std::vector<std::string> names = lines_of(spec, "lines");
    const std::vector<unsigned> offsets = user_.find(spec, "lines", names);
    const std::vector<bool> active_low = which_of(spec, "active_low", names);
    const std::vector<SafePosition> safe = safe_positions(spec, names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        contacts_.push_back({offsets[i], active_low[i], safe[i],
                             user_.output(offsets[i], active_low[i], false), false});
    }
}

void GpioLineDriver::make_safe() {
    for (int channel = 1; channel <= channels(); ++channel) {
        const SafePosition safe = contacts_[index(channel)].safe;
        if (safe != SafePosition::hold) set(channel, safe == SafePosition::closed);
    }
}

std::vector<SafeAction> GpioLineDriver::safe_actions() const {
    SafeAction action;
    action.kind = SafeAction::Kind::lines;
    for (const Contact& contact : contacts_) {
        if (contact.safe == SafePosition::hold) continue;
        const bool closed = contact.safe == SafePosition::closed;
        action.levels.emplace_back(contact.offset, closed != contact.active_low);
    }
    if (action.levels.empty()) return {};
    action.path = user_.path();
    action.does = "puts " + std::to_string(action.levels.size()) + " contacts of \"" + name() +
                  "\" on " + action.path + " into their safe positions";
    return {action};
}

void GpioLineDriver::restart(std::uint64_t /*seed*/) {
    settled_at_ = {};
    for (int channel = 1; channel <= channels(); ++channel) set(channel, false);
}

void GpioLineDriver::set(int channel, bool closed) {
    Contact& contact = contacts_[index(channel)];
    if (contact.closed == closed) return;
    user_.run(contact.offset, "switched", [&] { contact.output->set(closed); });
    contact.closed = closed;
    settled_at_ = std::max(settled_at_, scheduler_.now() + operate_time_);
}

}  // namespace

std::unique_ptr<Instrument> make_gpio_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context,
                                                  GpioSystem& system) {
    return std::make_unique<GpioLineDriver>(spec, context, system);
}

std::unique_ptr<Instrument> make_gpio_line_driver(InstrumentSpec& spec,
                                                  const DriverContext& context) {
    return make_gpio_line_driver(spec, context, kernel_gpio());
}

}  // namespace bmsrig
