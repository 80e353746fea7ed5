#include "drivers/virtual_line_bank/virtual_line_bank.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

namespace {

constexpr std::size_t level_count = 3;
constexpr std::size_t index_of(LineLevel level) {
    return static_cast<std::size_t>(level);
}

/// One line. While `unrest` holds, the level on the net has left the debounced one and may still
/// come back.
struct Line {
    LineLevel net = LineLevel::indeterminate;
    LineLevel debounced = LineLevel::indeterminate;
    Bias bias = Bias::down;
    Duration debounce{};
    bool unrest = false;
    Instant last_change;  // on the net
    std::array<std::optional<Instant>, level_count>
        first_contact;             // with each level during this unrest
    Scheduler::EventId event = 0;  // at the end of the unrest
    std::uint64_t sequence = 0;
    std::deque<Edge> edges;
};

class VirtualLineBank final : public LineBank, public SenseTerminals {
  public:
    VirtualLineBank(std::string name, int channels, Duration stamp_uncertainty, std::size_t buffer,
                    Scheduler& scheduler)
        : name_(std::move(name)),
          stamp_uncertainty_(stamp_uncertainty),
          buffer_(buffer),
          scheduler_(scheduler),
          lines_(static_cast<std::size_t>(channels)) {}
    ~VirtualLineBank() override {
        for (Line& line : lines_) cancel(line);
    }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return static_cast<int>(lines_.size()); }
    Identity identify() override { return virtual_identity("virtual line bank", name_); }
    void make_safe() override {
        for (int channel = 1; channel <= channels(); ++channel) set_bias(channel, Bias::down);
    }
    [[nodiscard]] Instant settled_at() const override;
    void restart(std::uint64_t /*seed*/) override {
        for (Line& line : lines_) {
            cancel(line);
            line = {};
        }
    }

    void set_debounce(int channel, Duration debounce) override;
    void set_bias(int channel, Bias bias) override;
    [[nodiscard]] Bias bias(int channel) const override { return at(channel).bias; }
    LineLevel read(int channel) override { return at(channel).debounced; }
    std::vector<Edge> take_edges() override;
    [[nodiscard]] Duration stamp_uncertainty() const override { return stamp_uncertainty_; }

    void drive(int channel, LineLevel level) override;
    void on_bias_change(std::function<void(int channel, Bias bias)> listener) override {
        listener_ = std::move(listener);
    }

  private:
    [[nodiscard]] const Line& at(int channel) const {
        check_channel(name_, channel, channels());
        return lines_[static_cast<std::size_t>(channel) - 1];
    }
    [[nodiscard]] Line& at(int channel) {
        check_channel(name_, channel, channels());
        return lines_[static_cast<std::size_t>(channel) - 1];
    }
    void cancel(Line& line) {
        if (line.event != 0) scheduler_.cancel(line.event);
        line.event = 0;
    }
    void await_rest(int channel);
    void come_to_rest(int channel);

    std::string name_;
    Duration stamp_uncertainty_;
    std::size_t buffer_;
    Scheduler& scheduler_;
    std::vector<Line> lines_;
    bool has_edges_ = false;
    std::function<void(int, Bias)> listener_;
};

Instant VirtualLineBank::settled_at() const {
    Instant last;
    for (const Line& line : lines_) {
        last = std::max(last, line.unrest ? line.last_change + line.debounce : line.last_change);
    }
    return last;
}

void VirtualLineBank::set_debounce(int channel, Duration debounce) {
    constexpr Duration longest = std::chrono::hours{1};
    Line& line = at(channel);
    if (debounce < Duration::zero() || debounce > longest) {
        throw RatingError("instrument \"" + name_ + "\", channel " + std::to_string(channel) +
                          ": a debounce of " + format_duration(debounce) +
                          " was asked for, but its range is 0 s .. " + format_duration(longest) +
                          "; refused, nothing was changed");
    }
    line.debounce = debounce;
    if (line.unrest) await_rest(channel);
}

void VirtualLineBank::set_bias(int channel, Bias bias) {
    Line& line = at(channel);
    if (line.bias == bias) return;
    line.bias = bias;
    if (listener_) listener_(channel, bias);
}

void VirtualLineBank::drive(int channel, LineLevel level) {
    Line& line = at(channel);
    if (line.net == level) return;
    const Instant now = scheduler_.now();
    // A level that lasted the whole debounce counts, also if the next one comes before the event
    // that says so.
    if (line.unrest && line.last_change + line.debounce <= now) come_to_rest(channel);
    line.net = level;
    line.last_change = now;
    line.unrest = true;
    auto& first = line.first_contact.at(index_of(level));
    if (!first) first = now;
    await_rest(channel);
}

void VirtualLineBank::await_rest(int channel) {
    Line& line = at(channel);
    cancel(line);
    const Instant due = line.last_change + line.debounce;
    if (due <= scheduler_.now()) {
        come_to_rest(channel);
    } else {
        line.event = scheduler_.schedule(due, [this, channel] { come_to_rest(channel); });
    }
}

/// The net has kept its level for the debounce: an edge if that is another one than before,
/// otherwise it was a glitch.
void VirtualLineBank::come_to_rest(int channel) {
    Line& line = at(channel);
    cancel(line);
    line.unrest = false;
    if (line.net != line.debounced) {
        line.debounced = line.net;
        if (line.edges.size() == buffer_) line.edges.pop_front();
        line.edges.push_back(
            {channel, *line.first_contact.at(index_of(line.net)), line.net, ++line.sequence});
        has_edges_ = true;
    }
    line.first_contact = {};
}

std::vector<Edge> VirtualLineBank::take_edges() {
    std::vector<Edge> edges;
    if (!std::exchange(has_edges_, false)) return edges;  // asked for at every step of the rig
    for (Line& line : lines_) {
        edges.insert(edges.end(), line.edges.begin(), line.edges.end());
        line.edges.clear();
    }
    std::ranges::stable_sort(edges, {}, &Edge::time);
    return edges;
}

}  // namespace

std::unique_ptr<Instrument> make_virtual_line_bank(InstrumentSpec& spec,
                                                   const DriverContext& context) {
    const int channels = spec.integer("channels", 8, 1, 64);
    const double uncertainty = spec.number("stamp_uncertainty", Unit::second, 1e-6, 0, 1);
    const int buffer = spec.integer("buffer", 1024, 1, 1'000'000);
    return std::make_unique<VirtualLineBank>(spec.name, channels,
                                             duration_from_seconds(uncertainty),
                                             static_cast<std::size_t>(buffer), context.scheduler);
}

}  // namespace bmsrig
