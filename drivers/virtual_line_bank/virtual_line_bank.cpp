#include "drivers/virtual_line_bank/virtual_line_bank.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "drivers/common/line_debouncer.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

namespace {

struct Line {
    LineDebouncer debouncer;
    Bias bias = Bias::down;
    Scheduler::EventId event = 0;  // when the debouncer is to be asked
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
    LineLevel read(int channel) override { return at(channel).debouncer.level(); }
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
    void report(int channel, const std::optional<LineChange>& change);

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
    for (const Line& line : lines_) last = std::max(last, line.debouncer.settled_at());
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
    line.debouncer.set_debounce(debounce);
    await_rest(channel);
}

void VirtualLineBank::set_bias(int channel, Bias bias) {
    Line& line = at(channel);
    if (line.bias == bias) return;
    line.bias = bias;
    if (listener_) listener_(channel, bias);
}

void VirtualLineBank::drive(int channel, LineLevel level) {
    LineDebouncer& debouncer = at(channel).debouncer;
    if (debouncer.net() == level) return;
    report(channel, debouncer.feed(level, scheduler_.now()));
    await_rest(channel);
}

void VirtualLineBank::await_rest(int channel) {
    Line& line = at(channel);
    cancel(line);
    report(channel, line.debouncer.settle(scheduler_.now()));
    if (const auto due = line.debouncer.due()) {
        line.event = scheduler_.schedule(*due, [this, channel] { await_rest(channel); });
    }
}

void VirtualLineBank::report(int channel, const std::optional<LineChange>& change) {
    if (!change) return;
    Line& line = at(channel);
    if (line.edges.size() == buffer_) line.edges.pop_front();
    line.edges.push_back({channel, change->time, change->level, ++line.sequence});
    has_edges_ = true;
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
