#include "drivers/virtual_can_adapter/virtual_can_adapter.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "drivers/virtual_can_adapter/frame_length.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

namespace {

constexpr int highest_rate = 1'000'000;
/// More than 2 s of full-length frames at 500 kbit/s.
constexpr std::size_t longest_queue = 10'000;
constexpr std::int64_t second_ns = 1'000'000'000;

/// What decides who goes first: the identifier bits as they go out.
std::uint64_t arbitration(const CanFrame& frame) {
    constexpr unsigned extension_bits = 18;
    const std::uint64_t base = frame.extended ? frame.id >> extension_bits : frame.id;
    const std::uint64_t extension =
        frame.extended ? 1U << extension_bits | (frame.id & ((1U << extension_bits) - 1)) : 0;
    return base << (extension_bits + 1) | extension;
}

/// The bits of a frame, remembered: most frames of a BMS repeat.
class FrameLengths {
  public:
    int of(const CanFrame& frame) {
        Known& known = known_.at(frame.id % known_.size());
        if (known.bits == 0 || known.frame != frame) known = {frame, frame_bits(frame)};
        return known.bits;
    }

  private:
    struct Known {
        CanFrame frame;
        int bits = 0;
    };
    std::array<Known, 64> known_;
};

class VirtualCanAdapter final : public CanAdapter, public CanTerminals {
  public:
    VirtualCanAdapter(std::string name, int channels, std::uint32_t bit_rate, Scheduler& scheduler)
        : name_(std::move(name)), own_rate_(bit_rate), scheduler_(scheduler) {
        buses_.resize(static_cast<std::size_t>(channels));
        for (Bus& bus : buses_) bus.rig_rate = bit_rate;
    }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return static_cast<int>(buses_.size()); }
    Identity identify() override { return virtual_identity("virtual CAN adapter", name_); }
    void make_safe() override {
        for (Bus& bus : buses_) bus.from_rig.clear();
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {
        for (Bus& bus : buses_) {
            bus = {};
            bus.rig_rate = own_rate_;
        }
    }

    void on_event(Listener listener) override { listener_ = std::move(listener); }
    void send(int channel, const CanFrame& frame) override {
        at(channel).from_rig.push_back(frame);
        start(channel);
    }
    void set_bit_rate(int channel, std::uint32_t bit_rate) override {
        at(channel).rig_rate = bit_rate;
    }
    [[nodiscard]] std::uint32_t bit_rate(int channel) const override {
        const Bus& bus = at(channel);
        return bus.rig_rate != 0 ? bus.rig_rate : bus.uut_rate;
    }
    [[nodiscard]] CanBusCounts counts(int channel) const override { return at(channel).counts; }

    void connect(int channel, std::uint32_t bit_rate,
                 std::function<void(const CanFrame&)> receive) override {
        at(channel).uut_rate = bit_rate;
        at(channel).receive = std::move(receive);
    }
    void disconnect(int channel) override {
        Bus& bus = at(channel);
        bus.receive = {};
        bus.from_uut.clear();
        bus.is_cut = bus.on_wire && bus.is_from_uut;
    }
    void transmit(int channel, const CanFrame& frame) override {
        Bus& bus = at(channel);
        if (bus.from_uut.size() >= longest_queue) {
            throw InstrumentError("instrument \"" + name_ + "\", channel " +
                                  std::to_string(channel) + ": " + std::to_string(longest_queue) +
                                  " frames of the UUT wait for a bus of " +
                                  std::to_string(bus.uut_rate) +
                                  " bit/s; it sends more than the bus can carry, and no real "
                                  "transmitter keeps so many");
        }
        bus.from_uut.push_back(frame);
        start(channel);
    }

  private:
    struct Bus {
        std::uint32_t rig_rate = 0;
        std::uint32_t uut_rate = 0;
        std::function<void(const CanFrame&)> receive;  // the UUT's; empty: it has no power
        std::deque<CanFrame> from_uut;
        std::deque<CanFrame> from_rig;
        bool on_wire = false;
        bool is_from_uut = false;  // what stands on the wire
        bool is_cut = false;       // its transmitter lost power
        CanFrame frame;
        Duration held{};
        FrameLengths lengths;
        CanBusCounts counts;
    };

    Bus& at(int channel) {
        check_channel(name_, channel, channels());
        return buses_[static_cast<std::size_t>(channel) - 1];
    }
    [[nodiscard]] const Bus& at(int channel) const {
        check_channel(name_, channel, channels());
        return buses_[static_cast<std::size_t>(channel) - 1];
    }

    /// The next frame goes out if the bus is free.
    void start(int channel) {
        Bus& bus = at(channel);
        if (bus.on_wire || (bus.from_uut.empty() && bus.from_rig.empty())) return;
        bus.is_from_uut = bus.from_rig.empty() ||
                          (!bus.from_uut.empty() &&
                           arbitration(bus.from_uut.front()) <= arbitration(bus.from_rig.front()));
        auto& queue = bus.is_from_uut ? bus.from_uut : bus.from_rig;
        const std::uint32_t rate = bus.is_from_uut ? bus.uut_rate : bit_rate(channel);
        if (rate == 0) {  // nobody has spoken, and the rig's rate is theirs
            queue.clear();
            return;
        }
        bus.frame = queue.front();
        queue.pop_front();
        bus.on_wire = true;
        bus.is_cut = false;
        bus.held = Duration{bus.lengths.of(bus.frame) * second_ns / rate};
        bus.counts.busy += bus.held;
        scheduler_.schedule(scheduler_.now() + bus.held, [this, channel] { arrive(channel); });
    }

    void arrive(int channel) {
        Bus& bus = at(channel);
        bus.on_wire = false;
        const bool is_understood = bus.rig_rate == 0 || bus.rig_rate == bus.uut_rate;
        if (bus.is_cut || (!is_understood && bus.receive)) {
            ++bus.counts.error_frames;
            tell(channel, CanEvent::Kind::error, CanError::coding);
        } else if (bus.is_from_uut) {
            ++bus.counts.received;
            tell(channel, CanEvent::Kind::received);
        } else {
            ++bus.counts.sent;
            tell(channel, CanEvent::Kind::sent);
            if (bus.receive) bus.receive(bus.frame);
        }
        start(channel);
    }

    void tell(int channel, CanEvent::Kind kind, CanError error = CanError::none) {
        if (!listener_) return;
        const Bus& bus = at(channel);
        const bool is_frame = kind != CanEvent::Kind::error;
        listener_(channel, {.kind = kind,
                            .time = scheduler_.now(),
                            .on_wire = bus.held,
                            .frame = is_frame ? bus.frame : CanFrame{},
                            .error = error});
    }

    std::string name_;
    std::uint32_t own_rate_;
    Scheduler& scheduler_;
    Listener listener_;
    std::vector<Bus> buses_;
};

}  // namespace

std::unique_ptr<Instrument> make_virtual_can_adapter(InstrumentSpec& spec,
                                                     const DriverContext& context) {
    const int channels = spec.integer("channels", 1, 1, 16);
    const int bit_rate = spec.integer("bit_rate", 0, 0, highest_rate);
    return std::make_unique<VirtualCanAdapter>(
        spec.name, channels, static_cast<std::uint32_t>(bit_rate), context.scheduler);
}

}  // namespace bmsrig
