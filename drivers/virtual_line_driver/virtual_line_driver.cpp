#include "drivers/virtual_line_driver/virtual_line_driver.h"

#include <algorithm>
#include <vector>

#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/instruments/line_driver.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

namespace {

struct Contact {
    bool told = false;    // what it was last told
    bool closed = false;  // where it stands
    Instant due;          // when it stands where it was told to
};

class VirtualLineDriver final : public LineDriver, public SourceTerminals {
  public:
    VirtualLineDriver(std::string name, int channels, Duration operate_time, Scheduler& scheduler)
        : name_(std::move(name)),
          operate_time_(operate_time),
          scheduler_(scheduler),
          contacts_(static_cast<std::size_t>(channels)) {}
    ~VirtualLineDriver() override { scheduler_.cancel(event_); }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return static_cast<int>(contacts_.size()); }
    Identity identify() override { return virtual_identity("virtual line driver", name_); }
    void make_safe() override {
        for (int channel = 1; channel <= channels(); ++channel) set(channel, false);
    }
    [[nodiscard]] Instant settled_at() const override {
        return std::ranges::max_element(contacts_, {}, &Contact::due)->due;
    }
    void restart(std::uint64_t /*seed*/) override {
        scheduler_.cancel(event_);
        event_ = 0;
        std::ranges::fill(contacts_, Contact{});
    }

    void set(int channel, bool closed) override;
    [[nodiscard]] bool is_closed(int channel) const override { return at(channel).told; }

    [[nodiscard]] double terminal_value(int channel) const override {
        return at(channel).closed ? 1 : 0;
    }
    void on_terminal_change(std::function<void(int channel)> listener) override {
        listener_ = std::move(listener);
    }
    void set_load(int channel, double siemens) override {
        check_channel(name_, channel, channels());
        check_load(name_, siemens);  // a contact carries any load
    }

  private:
    [[nodiscard]] const Contact& at(int channel) const {
        check_channel(name_, channel, channels());
        return contacts_[static_cast<std::size_t>(channel) - 1];
    }
    void operate();
    void plan();

    std::string name_;
    Duration operate_time_;
    Scheduler& scheduler_;
    std::vector<Contact> contacts_;
    std::function<void(int)> listener_;
    Scheduler::EventId event_ = 0;  // 0: no contact moves
};

void VirtualLineDriver::set(int channel, bool closed) {
    check_channel(name_, channel, channels());
    Contact& contact = contacts_[static_cast<std::size_t>(channel) - 1];
    if (contact.told == closed) return;
    contact.told = closed;
    contact.due = scheduler_.now() + operate_time_;
    if (operate_time_ == Duration::zero()) {
        operate();
    } else {
        plan();
    }
}

/// Moves every contact whose time has come, and only then tells of it: they move in the same
/// instant.
void VirtualLineDriver::operate() {
    const Instant now = scheduler_.now();
    std::vector<int> moved;
    for (int channel = 1; channel <= channels(); ++channel) {
        Contact& contact = contacts_[static_cast<std::size_t>(channel) - 1];
        if (contact.due > now || contact.closed == contact.told) continue;
        contact.closed = contact.told;
        moved.push_back(channel);
    }
    plan();
    if (!listener_) return;
    for (const int channel : moved) listener_(channel);
}

void VirtualLineDriver::plan() {
    if (event_ != 0) return;  // due no later than any other: all take the same time
    const Instant now = scheduler_.now();
    Instant next = Instant::max();
    for (const Contact& contact : contacts_) {
        if (contact.due > now) next = std::min(next, contact.due);
    }
    if (next == Instant::max()) return;
    event_ = scheduler_.schedule(next, [this] {
        event_ = 0;
        operate();
    });
}

}  // namespace

std::unique_ptr<Instrument> make_virtual_line_driver(InstrumentSpec& spec,
                                                     const DriverContext& context) {
    const int channels = spec.integer("channels", 8, 1, 64);
    const double operate_time = spec.number("operate_time", Unit::second, 1e-3, 0, 10);
    return std::make_unique<VirtualLineDriver>(
        spec.name, channels, duration_from_seconds(operate_time), context.scheduler);
}

}  // namespace bmsrig
