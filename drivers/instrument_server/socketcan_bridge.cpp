#include "drivers/instrument_server/socketcan_bridge.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "drivers/can/bit_rate.h"
#include "drivers/instrument_server/can_wire.h"
#include "drivers/socketcan/error_frame.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {

namespace {

class SocketCanBridge final : public Bridge {
  public:
    SocketCanBridge(CanAdapter& adapter, BridgeContext context,
                    const std::vector<std::string>& interfaces, const OpenCanSocket& open,
                    std::uint32_t bit_rate)
        : adapter_(adapter), context_(std::move(context)) {
        std::string all;
        for (const std::string& interface : interfaces) {
            const int channel = static_cast<int>(channels_.size()) + 1;
            auto wire = std::make_unique<CanWire>(
                "instrument \"" + adapter.name() + "\", channel " + std::to_string(channel),
                interface, open, [this, channel](const can_frame& frame) { send(channel, frame); });
            channels_.push_back({std::move(wire), adapter.state(channel)});
            all += (all.empty() ? "" : " ") + interface;
        }
        served_ = {"socketcan_adapter",
                   all,
                   {{"interfaces", all}, {"bit_rate", std::to_string(bit_rate)}},
                   {"can_faults", "can_bit_rate", "can_listen_only"}};
        adapter_.on_event(
            [this](int channel, const CanEvent& event) { hand_over(channel, event); });
    }
    ~SocketCanBridge() override { adapter_.on_event({}); }
    SocketCanBridge(const SocketCanBridge&) = delete;
    SocketCanBridge& operator=(const SocketCanBridge&) = delete;

    [[nodiscard]] ServedAs served_as() const override { return served_; }
    void pass() override {
        for (const Channel& channel : channels_) channel.wire->pump();
    }

  private:
    struct Channel {
        std::unique_ptr<CanWire> wire;
        CanState state = CanState::error_active;  // as the rig was told last
    };

    /// From the rig.
    void send(int channel, const can_frame& raw) {
        context_.catch_up();
        try {
            adapter_.send(channel, rig_frame(raw));
        } catch (const InputError& problem) {
            context_.log(problem.what());  // too many wait: a frame is lost, as in a controller
        }
    }

    /// To the rig.
    void hand_over(int number, const CanEvent& event) {
        Channel& channel = channels_.at(static_cast<std::size_t>(number) - 1);
        if (event.kind == CanEvent::Kind::received) channel.wire->put(linux_frame(event.frame));
        CanErrorReport report;
        if (event.kind == CanEvent::Kind::error) {
            report.error = event.error;
            report.is_own = event.own;
        }
        const CanState state = adapter_.state(number);
        if (state != std::exchange(channel.state, state)) report.state = state;
        if (report.error == CanError::none && !report.state) return;
        const CanBusCounts counts = adapter_.counts(number);
        report.has_counters = true;
        report.transmit_errors = counts.transmit_errors;
        report.receive_errors = counts.receive_errors;
        channel.wire->put(error_frame(report));
        if (state == CanState::bus_off) adapter_.recover(number);
    }

    CanAdapter& adapter_;
    BridgeContext context_;
    std::vector<Channel> channels_;
    ServedAs served_;
};

}  // namespace

std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context) {
    return make_socketcan_adapter_bridge(serve, instrument, context,
                                         [&context](const std::string& interface) {
                                             return open_can_socket(context.reactor, interface);
                                         });
}

std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context,
                                                      const OpenCanSocket& open) {
    const auto refuse = [&serve](const std::string& text) {
        throw InputError(serve.file, serve.line, "serve." + serve.name + ": " + text);
    };
    auto* adapter = dynamic_cast<CanAdapter*>(&instrument);
    if (adapter == nullptr) refuse("\"" + instrument.name() + "\" is no CAN adapter");
    std::istringstream words(serve.word("interfaces", ""));
    std::vector<std::string> interfaces;
    for (std::string word; words >> word;) interfaces.push_back(word);
    if (static_cast<int>(interfaces.size()) != adapter->channels()) {
        refuse("its interfaces are " + std::to_string(interfaces.size()) +
               "; expected one for each of its " + std::to_string(adapter->channels()) +
               " channels, such as \"interfaces: vcan0\"");
    }
    const std::uint32_t bit_rate =
        take_can_bit_rate(serve, adapter->settings(1).bit_rate, "a rate that is not known");
    return std::make_unique<SocketCanBridge>(*adapter, context, interfaces, open, bit_rate);
}

}  // namespace bmsrig
