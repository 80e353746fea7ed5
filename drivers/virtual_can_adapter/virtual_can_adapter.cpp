#include "drivers/virtual_can_adapter/virtual_can_adapter.h"

#include <string>
#include <utility>
#include <vector>

#include "drivers/can/bit_rate.h"
#include "drivers/virtual_can_adapter/virtual_can_bus.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"
#include "rig/instruments/terminals.h"

namespace bmsrig {

namespace {

class VirtualCanAdapter final : public CanAdapter, public CanTerminals {
  public:
    VirtualCanAdapter(std::string name, int channels, std::uint32_t bit_rate, Scheduler& scheduler)
        : name_(std::move(name)), own_rate_(bit_rate) {
        for (int channel = 1; channel <= channels; ++channel) {
            buses_.push_back(std::make_unique<VirtualCanBus>(scheduler, listener_, channel));
        }
        restart(0);
    }

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return static_cast<int>(buses_.size()); }
    Identity identify() override { return virtual_identity("virtual CAN adapter", name_); }
    void make_safe() override {
        for (const auto& bus : buses_) {
            bus->give_up();
            bus->set_fault(CanFault::none);
        }
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {
        for (const auto& bus : buses_) bus->restart({.bit_rate = own_rate_});
    }

    void on_event(Listener listener) override { listener_ = std::move(listener); }
    void send(int channel, const CanFrame& frame) override {
        VirtualCanBus& bus = at(channel);
        if (bus.settings().listen_only) {
            throw InputError(where(channel) + ": it only listens, so it cannot send " +
                             to_string(frame) + "; switch listen-only off first");
        }
        if (!bus.send(frame)) refuse_flood<InputError>("the rig", channel, bus.bit_rate());
    }
    void set_bit_rate(int channel, std::uint32_t bit_rate) override {
        VirtualCanBus& bus = at(channel);
        check_can_bit_rate(name_, channel, bit_rate);
        bus.set_bit_rate(bit_rate);
    }
    [[nodiscard]] std::uint32_t bit_rate(int channel) const override {
        return at(channel).bit_rate();
    }
    void set_listen_only(int channel, bool listens) override {
        at(channel).set_listen_only(listens);
    }
    [[nodiscard]] CanSettings settings(int channel) const override {
        return at(channel).settings();
    }
    [[nodiscard]] CanState state(int channel) const override { return at(channel).rig_state(); }
    void recover(int channel) override { at(channel).recover(); }
    void set_fault(int channel, CanFault fault) override { at(channel).set_fault(fault); }
    [[nodiscard]] CanBusCounts counts(int channel) const override { return at(channel).counts(); }

    void connect(int channel, std::uint32_t bit_rate,
                 std::function<void(const CanFrame&)> receive) override {
        at(channel).connect(bit_rate, std::move(receive));
    }
    void disconnect(int channel) override { at(channel).disconnect(); }
    void transmit(int channel, const CanFrame& frame) override {
        VirtualCanBus& bus = at(channel);
        if (!bus.transmit(frame))
            refuse_flood<InstrumentError>("the UUT", channel, bus.uut_bit_rate());
    }
    [[nodiscard]] CanState uut_state(int channel) const override { return at(channel).uut_state(); }

  private:
    [[nodiscard]] VirtualCanBus& at(int channel) const {
        check_channel(name_, channel, channels());
        return *buses_[static_cast<std::size_t>(channel) - 1];
    }
    [[nodiscard]] std::string where(int channel) const {
        return "instrument \"" + name_ + "\", channel " + std::to_string(channel);
    }
    template <typename Problem>
    [[noreturn]] void refuse_flood(const std::string& who, int channel,
                                   std::uint32_t bit_rate) const {
        throw Problem(where(channel) + ": " + std::to_string(CanNode::longest_queue) +
                      " frames of " + who + " wait for a bus of " + std::to_string(bit_rate) +
                      " bit/s; it sends more than the bus can carry, and no real "
                      "transmitter keeps so many");
    }

    std::string name_;
    std::uint32_t own_rate_;
    Listener listener_;
    std::vector<std::unique_ptr<VirtualCanBus>> buses_;
};

}  // namespace

std::unique_ptr<Instrument> make_virtual_can_adapter(InstrumentSpec& spec,
                                                     const DriverContext& context) {
    const int channels = spec.integer("channels", 1, 1, 16);
    const std::uint32_t bit_rate = take_can_bit_rate(spec, 0, "that of the UUT");
    return std::make_unique<VirtualCanAdapter>(spec.name, channels, bit_rate, context.scheduler);
}

}  // namespace bmsrig
