#include "drivers/serial_port/serial_channel.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

using namespace std::chrono_literals;
using boost::asio::posix::stream_descriptor;

/// How long after its last bit an echo may still come: a USB adapter that collects bytes for 16 ms,
/// and a processor that is busy.
constexpr Duration latest_echo = 100ms;

}  // namespace

SerialChannel::Open::Open(const SerialSetup& setup, const std::string& who, Reactor& reactor)
    : line(who, setup.device, setup.bit_rate, setup.direction),
      readiness(reactor.io(), line.descriptor()),
      rts_off(reactor.io()) {}

SerialChannel::SerialChannel(SerialSetup setup, Reactor& reactor,
                             const SerialAdapter::Listener& listener)
    : setup_(std::move(setup)),
      who_("instrument \"" + setup_.instrument + "\", channel " + std::to_string(setup_.channel)),
      reactor_(reactor),
      listener_(listener),
      direction_(setup_.direction),
      bit_rate_(setup_.bit_rate) {
    open();
}

void SerialChannel::open() {
    port_.reset();
    port_ = std::make_shared<Open>(setup_, who_, reactor_);
    direction_ = port_->line.direction();
    wait_for_bytes();
}

void SerialChannel::restart() {
    counts_ = {};
    waiting_.clear();
    echo_.clear();
    marks_ = {};
    bit_rate_ = setup_.bit_rate;
    if (port_) {
        try {
            port_->line.set_bit_rate(bit_rate_);
            port_->line.discard();
            return;
        } catch (const InstrumentError&) {
            port_.reset();  // an adapter that was pulled out between two tests may be back
        }
    }
    open();
}

/// A port that failed is closed, so that the next test opens it again.
template <typename Action>
void SerialChannel::guarded(const Action& action) {
    try {
        action();
    } catch (const InstrumentError&) {
        port_.reset();
        throw;
    }
}

void SerialChannel::wait_for_bytes() {
    port_->readiness.async_wait(
        stream_descriptor::wait_read,
        [this, port = std::weak_ptr(port_)](const boost::system::error_code& cancelled) {
            if (cancelled || port.expired()) return;
            guarded([this] { read(); });
            if (!port.expired()) wait_for_bytes();
        });
}

void SerialChannel::read() {
    std::array<std::uint8_t, 512> bytes{};
    const Instant now = reactor_.now();
    const std::size_t got = port_->line.read(bytes);
    for (const std::uint8_t byte : std::span(bytes).first(got)) {
        if (const auto marked = marks_.take(byte)) take(*marked, now);
    }
}

void SerialChannel::take(const MarkedByte& marked, Instant now) {
    if (setup_.echoes) {
        const Echo::Heard heard = echo_.take(marked.byte, now);
        if (heard == Echo::Heard::own) return;
        if (heard == Echo::Heard::collision) ++counts_.collisions;
    }
    if (!marked.is_sound) ++counts_.framing_errors;
    ++counts_.received;
    if (listener_) listener_(setup_.channel, now, marked.byte);
}

void SerialChannel::send(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return;
    if (!port_) {
        throw InstrumentError(who_ + ": " + setup_.device +
                              " failed before in this test; the next test opens it again");
    }
    counts_.sent += bytes.size();
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    if (setup_.echoes) echo_.sent(bytes, reactor_.now() + time_of(waiting_.size()) + latest_echo);
    guarded([this] {
        if (direction_ == DirectionControl::rts) port_->line.drive_rts(true);
        write();
    });
}

void SerialChannel::write() {
    const std::size_t put = port_->line.write(waiting_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(put));
    if (waiting_.empty()) {
        if (direction_ == DirectionControl::rts) release_bus_later(put);
        return;
    }
    if (std::exchange(port_->waits_for_room, true)) return;
    port_->readiness.async_wait(
        stream_descriptor::wait_write,
        [this, port = std::weak_ptr(port_)](const boost::system::error_code& cancelled) {
            if (cancelled || port.expired()) return;
            port_->waits_for_room = false;
            guarded([this] { write(); });
        });
}

/// The kernel does not say when the last bit has left: it is asked when that should be, and then
/// every half byte time.
void SerialChannel::release_bus_later(std::size_t bytes) {
    port_->rts_off.expires_after(time_of(bytes));
    port_->rts_off.async_wait(
        [this, port = std::weak_ptr(port_)](const boost::system::error_code& cancelled) {
            if (cancelled || port.expired()) return;
            guarded([this] {
                if (!waiting_.empty()) return;  // more came; its own end releases the bus
                if (port_->line.has_left()) {
                    port_->line.drive_rts(false);
                } else {
                    release_bus_later(0);
                }
            });
        });
}

Duration SerialChannel::time_of(std::size_t bytes) const {
    constexpr std::int64_t bits_per_byte = 10;  // with start and stop bit
    constexpr std::int64_t second_ns = 1'000'000'000;
    const auto half_bytes = std::max<std::int64_t>(2 * static_cast<std::int64_t>(bytes), 1);
    return Duration{half_bytes * bits_per_byte * second_ns / 2 / bit_rate_};
}

void SerialChannel::give_up() {
    waiting_.clear();
}

void SerialChannel::set_bit_rate(std::uint32_t bit_rate) {
    if (bit_rate == 0) bit_rate = setup_.bit_rate;
    if (bit_rate == bit_rate_) return;
    if (port_) guarded([&] { port_->line.set_bit_rate(bit_rate); });
    bit_rate_ = bit_rate;
}

}  // namespace bmsrig
