#include "drivers/instrument_server/socketcan_bridge.h"

#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include "drivers/can/bit_rate.h"
#include "drivers/socketcan/can_problem.h"
#include "drivers/socketcan/error_frame.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {

namespace {

/// One channel: where the rig is, where the bridge is, and what they are.
struct Interfaces {
    std::string rig;
    std::string far_end;  ///< the same where both share a virtual one
    [[nodiscard]] bool are_controllers() const { return rig != far_end; }
};

class SocketCanBridge final : public Bridge {
  public:
    SocketCanBridge(CanAdapter& adapter, BridgeContext context,
                    const std::vector<Interfaces>& interfaces, const CanInterfaces& kernel,
                    ServedAs served)
        : adapter_(adapter), context_(std::move(context)), served_(std::move(served)) {
        for (const Interfaces& each : interfaces) {
            const int number = static_cast<int>(channels_.size()) + 1;
            auto wire = std::make_unique<CanWire>(
                where(number), each.far_end, kernel.open,
                [this, number](const can_frame& frame) { send(number, frame); });
            channels_.push_back({each.rig, std::move(wire), nullptr, adapter.state(number)});
            if (each.are_controllers()) join_controller(number, kernel.link(each.rig));
        }
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
        std::string interface;  // the rig's
        std::unique_ptr<CanWire> wire;
        std::unique_ptr<CanLink> link;            // of the rig's; none where both share one
        CanState state = CanState::error_active;  // as the rig was told last
        std::uint32_t listens_at = 0;             // the rig only listens, at this bit rate
    };

    [[nodiscard]] Channel& at(int number) {
        return channels_.at(static_cast<std::size_t>(number) - 1);
    }
    [[nodiscard]] std::string where(int number) const {
        return "instrument \"" + adapter_.name() + "\", channel " + std::to_string(number);
    }

    void join_controller(int number, std::unique_ptr<CanLink> link) {
        Channel& channel = at(number);
        channel.link = std::move(link);
        follow(number);
        try {
            channel.link->on_change(context_.reactor, [this, number] {
                context_.catch_up();
                follow(number);
            });
        } catch (const std::system_error& problem) {
            fail(number, problem);
        }
    }

    /// What the rig has set at its interface holds for the virtual node. That has the rate of
    /// whoever speaks while the rig only listens.
    void follow(int number) {
        Channel& channel = at(number);
        if (!channel.link) return;
        CanLinkState set;
        try {
            set = channel.link->look();
        } catch (const std::system_error& problem) {
            fail(number, problem);
        }
        if (set.kind != "can") {
            throw InstrumentError(where(number) + ": " + channel.interface + " is of the kind \"" +
                                  set.kind +
                                  "\", which has no bit rate; leave far_ends out where both "
                                  "sides share it, or name a controller");
        }
        if (!set.is_up || set.bit_rate == 0) return;  // the rig is about to set it
        channel.listens_at = set.is_listen_only ? set.bit_rate : 0;
        const std::uint32_t bit_rate = set.is_listen_only ? 0 : set.bit_rate;
        if (bit_rate != adapter_.settings(number).bit_rate) {
            adapter_.set_bit_rate(number, bit_rate);
        }
    }

    [[noreturn]] void fail(int number, const std::system_error& problem) {
        throw InstrumentError(where(number) + ": " +
                              can_problem(at(number).interface, 0, problem.code()));
    }

    /// From the rig.
    void send(int channel, const can_frame& raw) {
        context_.catch_up();
        follow(channel);  // it may have been set a moment ago
        try {
            adapter_.send(channel, rig_frame(raw));
        } catch (const InputError& problem) {
            context_.log(problem.what());  // too many wait: a frame is lost, as in a controller
        }
    }

    /// To the rig.
    void hand_over(int number, const CanEvent& event) {
        Channel& channel = at(number);
        const bool is_understood =
            channel.listens_at == 0 || channel.listens_at == adapter_.bit_rate(number);
        if (event.kind == CanEvent::Kind::received && is_understood) {
            channel.wire->put(linux_frame(event.frame));
        }
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
        if (!channel.link) channel.wire->put(error_frame(report));  // a controller sends none
        if (state == CanState::bus_off) adapter_.recover(number);
    }

    CanAdapter& adapter_;
    BridgeContext context_;
    std::vector<Channel> channels_;
    ServedAs served_;
};

std::vector<std::string> take_names(InstrumentSpec& serve, const std::string& option) {
    std::istringstream words(serve.word(option, ""));
    return {std::istream_iterator<std::string>(words), {}};
}

std::vector<Interfaces> take_interfaces(InstrumentSpec& serve, const CanAdapter& adapter) {
    const std::vector<std::string> names = take_names(serve, "interfaces");
    const std::vector<std::string> far_ends = take_names(serve, "far_ends");
    const auto refuse = [&](const std::string& what, std::size_t count, const char* example) {
        throw InputError(serve.file, serve.line,
                         "serve." + serve.name + ": its " + what + " are " + std::to_string(count) +
                             "; expected one for each of its " +
                             std::to_string(adapter.channels()) + " channels, such as \"" +
                             example + "\"");
    };
    const auto channels = static_cast<std::size_t>(adapter.channels());
    if (names.size() != channels) refuse("interfaces", names.size(), "interfaces: vcan0");
    if (!far_ends.empty() && far_ends.size() != channels) {
        refuse("far_ends", far_ends.size(), "far_ends: can1");
    }
    std::vector<Interfaces> all;
    for (std::size_t i = 0; i < channels; ++i) {
        all.push_back({names[i], far_ends.empty() ? names[i] : far_ends[i]});
        if (far_ends.empty() || all.back().are_controllers()) continue;
        throw InputError(serve.file, serve.line,
                         "serve." + serve.name + ": both ends of channel " + std::to_string(i + 1) +
                             " are " + names[i] +
                             "; expected two controllers that share a bus, such as \"interfaces: "
                             "can0\" and \"far_ends: can1\"");
    }
    return all;
}

ServedAs served_as(InstrumentSpec& serve, const CanAdapter& adapter,
                   const std::vector<Interfaces>& interfaces) {
    const bool are_controllers = interfaces.front().are_controllers();
    const std::uint32_t bit_rate =
        take_can_bit_rate(serve, adapter.settings(1).bit_rate, "a rate that is not known");
    if (are_controllers && bit_rate == 0) {
        throw InputError(serve.file, serve.line,
                         "serve." + serve.name +
                             ": it does not say at which bit rate the rig begins, which its "
                             "controllers need; expected such as \"bit_rate: 250000\"");
    }
    std::string names;
    std::string ends;
    for (const Interfaces& each : interfaces) {
        names += (names.empty() ? "" : " ") + each.rig;
        ends += (ends.empty() ? "" : " ") + each.far_end;
    }
    ServedAs served{"socketcan_adapter",
                    names,
                    {{"interfaces", names}, {"bit_rate", std::to_string(bit_rate)}},
                    {"can_faults"}};
    if (are_controllers) {
        served.address += ", far end " + ends;
        served.options.emplace_back("set_bit_rate", "yes");
    } else {
        served.cannot.insert(served.cannot.end(), {"can_bit_rate", "can_listen_only"});
    }
    return served;
}

}  // namespace

std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context) {
    return make_socketcan_adapter_bridge(serve, instrument, context,
                                         {[&context](const std::string& interface) {
                                              return open_can_socket(context.reactor, interface);
                                          },
                                          make_can_link});
}

std::unique_ptr<Bridge> make_socketcan_adapter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context,
                                                      const CanInterfaces& kernel) {
    auto* adapter = dynamic_cast<CanAdapter*>(&instrument);
    if (adapter == nullptr) {
        throw InputError(
            serve.file, serve.line,
            "serve." + serve.name + ": \"" + instrument.name() + "\" is no CAN adapter");
    }
    const std::vector<Interfaces> interfaces = take_interfaces(serve, *adapter);
    return std::make_unique<SocketCanBridge>(*adapter, context, interfaces, kernel,
                                             served_as(serve, *adapter, interfaces));
}

}  // namespace bmsrig
