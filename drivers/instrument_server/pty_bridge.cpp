#include "drivers/instrument_server/pty_bridge.h"

#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "drivers/common/pty.h"
#include "drivers/serial_port/serial_line.h"
#include "rig/error.h"
#include "rig/instruments/serial_adapter.h"

namespace bmsrig {

namespace {

constexpr int highest_rate = 10'000'000;

class PtyBridge final : public Bridge {
  public:
    PtyBridge(SerialAdapter& adapter, const BridgeContext& context, int bit_rate)
        : adapter_(adapter), context_(context) {
        std::string paths;
        for (int channel = 1; channel <= adapter.channels(); ++channel) {
            channels_.push_back(std::make_shared<Channel>(channel, context.reactor));
            paths += (paths.empty() ? "" : " ") + channels_.back()->pty.path();
            wait(channels_.back());
        }
        served_ = {"serial_port",
                   paths,
                   {{"devices", paths}, {"bit_rate", std::to_string(bit_rate)}, {"rs485", "none"}},
                   {"serial_faults"}};
        adapter_.on_byte(
            [this](int channel, Instant, std::uint8_t byte) { hand_over(channel, byte); });
    }
    ~PtyBridge() override { adapter_.on_byte({}); }
    PtyBridge(const PtyBridge&) = delete;
    PtyBridge& operator=(const PtyBridge&) = delete;

    [[nodiscard]] ServedAs served_as() const override { return served_; }
    /// The rig may have set another bit rate.
    void pass() override {
        for (const auto& channel : channels_) follow_rate(*channel);
    }

  private:
    struct Channel {
        Channel(int which, Reactor& reactor)
            : number(which), readiness(reactor.io(), pty.descriptor()) {}
        ~Channel() { readiness.release(); }  // the pty closes it
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;
        int number;
        Pty pty;
        boost::asio::posix::stream_descriptor readiness;
        std::uint32_t bit_rate = 0;  // as the rig has set it
        bool is_full = false;        // nobody fetches what comes out, and this was told
    };

    void wait(const std::shared_ptr<Channel>& channel) {
        channel->readiness.async_wait(
            boost::asio::posix::stream_descriptor::wait_read,
            [this, weak = std::weak_ptr(channel)](const boost::system::error_code& cancelled) {
                const auto there = weak.lock();
                if (cancelled || !there) return;
                send(*there);
                wait(there);
            });
    }

    void follow_rate(Channel& channel) {
        const std::uint32_t rate = bit_rate_of(channel.pty.descriptor());
        if (rate == 0 || rate == channel.bit_rate) return;
        channel.bit_rate = rate;
        adapter_.set_bit_rate(channel.number, rate);
    }

    /// From the rig.
    void send(Channel& channel) {
        std::array<std::uint8_t, 512> bytes{};
        const ssize_t got = ::read(channel.pty.descriptor(), bytes.data(), bytes.size());
        if (got <= 0) return;
        context_.catch_up();
        follow_rate(channel);
        adapter_.send(channel.number, std::span(bytes).first(static_cast<std::size_t>(got)));
    }

    /// To the rig. A port without a reader loses what comes in.
    void hand_over(int number, std::uint8_t byte) {
        Channel& channel = *channels_.at(static_cast<std::size_t>(number) - 1);
        const bool is_full = ::write(channel.pty.descriptor(), &byte, 1) != 1;
        if (is_full && !channel.is_full) {
            context_.log(channel.pty.path() + ": nobody reads, so bytes are lost");
        }
        channel.is_full = is_full;
    }

    SerialAdapter& adapter_;
    BridgeContext context_;
    std::vector<std::shared_ptr<Channel>> channels_;
    ServedAs served_;
};

}  // namespace

std::unique_ptr<Bridge> make_serial_port_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                const BridgeContext& context) {
    const auto refuse = [&serve](const std::string& text) {
        throw InputError(serve.file, serve.line, "serve." + serve.name + ": " + text);
    };
    auto* adapter = dynamic_cast<SerialAdapter*>(&instrument);
    if (adapter == nullptr) refuse("\"" + instrument.name() + "\" is no serial adapter");
    const int own_rate = static_cast<int>(adapter->bit_rate(1));
    const int bit_rate = serve.integer("bit_rate", own_rate, 50, highest_rate);
    if (bit_rate == 0) {
        refuse(
            "it does not say at which bit rate the rig begins, and the virtual adapter follows "
            "the UUT; expected such as \"bit_rate: 56000\"");
    }
    return std::make_unique<PtyBridge>(*adapter, context, bit_rate);
}

}  // namespace bmsrig
