#include "drivers/virtual_serial_adapter/virtual_serial_adapter.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "drivers/virtual_common/virtual_instrument.h"
#include "drivers/virtual_serial_adapter/uart.h"
#include "rig/error.h"
#include "rig/instruments/serial_adapter.h"
#include "rig/instruments/terminals.h"
#include "rig/quantity.h"
#include "rig/random_source.h"

namespace bmsrig {

namespace {

constexpr int highest_rate = 10'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;

class VirtualSerialAdapter final : public SerialAdapter, public SerialTerminals {
  public:
    VirtualSerialAdapter(std::string name, int channels, std::uint32_t bit_rate,
                         const DriverContext& context)
        : name_(std::move(name)),
          own_rate_(bit_rate),
          scheduler_(context.scheduler),
          count_(channels) {
        VirtualSerialAdapter::restart(context.seed);
    }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return count_; }
    Identity identify() override { return virtual_identity("virtual serial adapter", name_); }
    void make_safe() override {
        for (Bus& bus : buses_) fall_silent(bus.to_uut);
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t seed) override {
        buses_.clear();
        for (int channel = 1; channel <= count_; ++channel) {
            buses_.emplace_back(RandomSource(seed, name_, channel, "wire")).rig_rate = own_rate_;
        }
    }

    void on_byte(Listener listener) override { listener_ = std::move(listener); }
    void send(int channel, std::span<const std::uint8_t> bytes) override {
        Bus& bus = at(channel);
        const std::uint32_t rate = bit_rate(channel);
        if (rate == 0) return;  // nobody was ever there, and the rig's rate is theirs
        bus.counts.sent += bytes.size();
        put(channel, bus.to_uut, bytes, rate, bus.uut_rate != 0 ? bus.uut_rate : rate);
    }
    void set_bit_rate(int channel, std::uint32_t bit_rate) override {
        at(channel).rig_rate = bit_rate;
    }
    [[nodiscard]] std::uint32_t bit_rate(int channel) const override {
        const Bus& bus = at(channel);
        return bus.rig_rate != 0 ? bus.rig_rate : bus.uut_rate;
    }
    void set_faults(int channel, const WireFaults& faults) override {
        for (const double each : {faults.bit_errors, faults.lost_bytes}) {
            if (each >= 0 && each <= 1) continue;
            throw InputError("instrument \"" + name_ + "\": a fault of the wire with probability " +
                             format_number(each) + " was asked for; expected 0 to 1");
        }
        at(channel).faults = faults;
    }
    [[nodiscard]] SerialCounts counts(int channel) const override { return at(channel).counts; }

    void connect(int channel, std::uint32_t bit_rate,
                 std::function<void(std::span<const std::uint8_t>)> receive) override {
        at(channel).uut_rate = bit_rate;
        at(channel).receive = std::move(receive);
    }
    void disconnect(int channel) override {
        at(channel).receive = {};
        fall_silent(at(channel).to_rig);
    }
    void transmit(int channel, std::span<const std::uint8_t> bytes) override {
        Bus& bus = at(channel);
        put(channel, bus.to_rig, bytes, bus.uut_rate, bit_rate(channel));
    }

  private:
    struct Arrival {
        Instant when;
        Duration took;  // a byte's time at the sender's rate
        std::uint8_t byte = 0;
        bool has_stop_bit = true;
        bool is_last = false;  // of what was handed over at once
    };
    /// One of the two that speak.
    struct Direction {
        std::deque<Arrival> pending;
        Instant busy_from;
        Instant free_at;
        bool is_scheduled = false;
    };
    struct Bus {
        explicit Bus(RandomSource source) : random(std::move(source)) {}
        std::uint32_t rig_rate = 0;
        std::uint32_t uut_rate = 0;
        std::function<void(std::span<const std::uint8_t>)> receive;  // the UUT's
        Direction to_rig;
        Direction to_uut;
        std::vector<std::uint8_t> taken;  // by the UUT, of what is still coming in
        WireFaults faults;
        RandomSource random;
        SerialCounts counts;
    };

    Bus& at(int channel) {
        check_channel(name_, channel, channels());
        return buses_[static_cast<std::size_t>(channel) - 1];
    }
    [[nodiscard]] const Bus& at(int channel) const {
        check_channel(name_, channel, channels());
        return buses_[static_cast<std::size_t>(channel) - 1];
    }

    /// What was to come does not, and the wire is free: the next speaker neither waits for it nor
    /// collides with it.
    void fall_silent(Direction& direction) {
        direction.pending.clear();
        direction.free_at = std::min(direction.free_at, scheduler_.now());
    }

    void put(int channel, Direction& direction, std::span<const std::uint8_t> bytes,
             std::uint32_t sent_at, std::uint32_t sampled_at) {
        const Instant now = scheduler_.now();
        if (direction.free_at <= now) direction.busy_from = now;
        const Instant start = std::max(now, direction.free_at);
        const Duration byte_time{bits_per_byte * second_ns / sent_at};
        direction.free_at = start + byte_time * static_cast<std::int64_t>(bytes.size());
        for (const SampledByte& each : sample_bytes(bytes, sent_at, sampled_at)) {
            direction.pending.push_back(
                {start + each.after, byte_time, each.byte, each.has_stop_bit, false});
        }
        if (!direction.pending.empty()) direction.pending.back().is_last = true;
        schedule(channel, direction);
    }

    void schedule(int channel, Direction& direction) {
        if (direction.is_scheduled || direction.pending.empty()) return;
        direction.is_scheduled = true;
        const bool is_to_rig = &direction == &at(channel).to_rig;
        scheduler_.schedule(std::max(direction.pending.front().when, scheduler_.now()),
                            [this, channel, is_to_rig] { arrive(channel, is_to_rig); });
    }

    void arrive(int channel, bool is_to_rig) {
        Bus& bus = at(channel);
        Direction& direction = is_to_rig ? bus.to_rig : bus.to_uut;
        direction.is_scheduled = false;
        // What was to come may have been taken back, and something else handed over since.
        if (!direction.pending.empty() && direction.pending.front().when <= scheduler_.now()) {
            Arrival arrival = direction.pending.front();
            direction.pending.pop_front();
            const bool arrives = spoil(bus, arrival, is_to_rig ? bus.to_uut : bus.to_rig);
            is_to_rig ? to_rig(channel, arrival, arrives) : to_uut(bus, arrival, arrives);
        }
        schedule(channel, direction);
    }

    /// What the wire does to a byte; whether it arrives at all.
    static bool spoil(Bus& bus, Arrival& arrival, const Direction& other) {
        if (other.busy_from < arrival.when && other.free_at > arrival.when - arrival.took) {
            ++bus.counts.collisions;
            arrival.byte = static_cast<std::uint8_t>(~arrival.byte);
        }
        if (bus.faults == WireFaults{}) return true;
        const auto happens = [&bus](double probability) {
            return probability > 0 && (bus.random.symmetric() + 1) / 2 < probability;
        };
        for (int bit = 0; bit < 8; ++bit) {
            if (happens(bus.faults.bit_errors)) {
                arrival.byte ^= static_cast<std::uint8_t>(1U << bit);
            }
        }
        return !happens(bus.faults.lost_bytes);
    }

    void to_rig(int channel, const Arrival& arrival, bool arrives) {
        if (!arrives) return;
        SerialCounts& counts = at(channel).counts;
        ++counts.received;
        if (!arrival.has_stop_bit) ++counts.framing_errors;
        if (listener_) listener_(channel, scheduler_.now(), arrival.byte);
    }

    static void to_uut(Bus& bus, const Arrival& arrival, bool arrives) {
        if (arrives) bus.taken.push_back(arrival.byte);
        if (!arrival.is_last || bus.taken.empty()) return;
        const std::vector<std::uint8_t> taken = std::exchange(bus.taken, {});
        if (bus.receive) bus.receive(taken);
    }

    std::string name_;
    std::uint32_t own_rate_;
    Scheduler& scheduler_;
    int count_;
    Listener listener_;
    std::vector<Bus> buses_;
};

}  // namespace

std::unique_ptr<Instrument> make_virtual_serial_adapter(InstrumentSpec& spec,
                                                        const DriverContext& context) {
    const int channels = spec.integer("channels", 1, 1, 16);
    const int bit_rate = spec.integer("bit_rate", 0, 0, highest_rate);
    return std::make_unique<VirtualSerialAdapter>(spec.name, channels,
                                                  static_cast<std::uint32_t>(bit_rate), context);
}

}  // namespace bmsrig
