#include "drivers/virtual_can_adapter/virtual_can_bus.h"

#include <algorithm>
#include <utility>

#include "drivers/can/frame_length.h"

namespace bmsrig {

namespace {

// In bits (ISO 11898-1).
constexpr int flag = 6;
constexpr int flag_and_echo = 12;  // the longest that flags of several nodes are together
constexpr int after_flag = 8 + 3;  // error delimiter, intermission
constexpr int after_acknowledge = 1 + 7 + 3;
constexpr int after_unacknowledged = flag + after_flag - after_acknowledge;
constexpr int stuff_error = 6;  // equal bits
constexpr int suspension = 8;
constexpr int recovery = 128 * 11;

Duration bits_at(std::uint32_t bit_rate, int bits) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    return Duration{bits * second_ns / bit_rate};
}

}  // namespace

int VirtualCanBus::FrameLengths::of(const CanFrame& frame) {
    Known& known = known_.at(frame.id % known_.size());
    if (known.bits == 0 || known.frame != frame) known = {frame, frame_bits(frame)};
    return known.bits;
}

void VirtualCanBus::restart(const CanSettings& settings) {
    settings_ = settings;
    nodes_ = {};
    nodes_[rig].bit_rate = settings.bit_rate;
    receive_ = {};
    fault_ = CanFault::none;
    wires_ = {};
    counts_ = {};
}

// How the nodes are set.

void VirtualCanBus::set_bit_rate(std::uint32_t bit_rate) {
    settings_.bit_rate = bit_rate;
    follow_rates();
}

/// The rig's node works at its own rate, or at the UUT's.
void VirtualCanBus::follow_rates() {
    const std::uint32_t wanted =
        settings_.bit_rate != 0 ? settings_.bit_rate : nodes_[uut].bit_rate;
    if (std::exchange(nodes_[rig].bit_rate, wanted) == wanted) return;
    for (Attempt& on : wires_) {
        if (on.roles[rig] != Role::sends) on.roles[rig] = Role::absent;
    }
    start();
}

void VirtualCanBus::set_listen_only(bool listens) {
    settings_.listen_only = listens;
    start();
}

CanBusCounts VirtualCanBus::counts() const {
    CanBusCounts counts = counts_;
    counts.transmit_errors = nodes_[rig].errors.transmit();
    counts.receive_errors = nodes_[rig].errors.receive();
    return counts;
}

void VirtualCanBus::set_fault(CanFault fault) {
    if (fault == fault_) return;
    for (const Side wire : sides) {
        if (wires_[wire].is_running && wires_[wire].error == CanError::none) {
            break_off(wire, CanError::bit, flag + after_flag);
        }
    }
    fault_ = fault;
    start();
}

void VirtualCanBus::connect(std::uint32_t bit_rate, std::function<void(const CanFrame&)> receive) {
    disconnect();
    nodes_[uut].bit_rate = bit_rate;
    receive_ = std::move(receive);
    follow_rates();
    start();
}

void VirtualCanBus::disconnect() {
    receive_ = {};
    const std::uint32_t bit_rate = nodes_[uut].bit_rate;
    nodes_[uut] = {};
    nodes_[uut].bit_rate = bit_rate;  // what the bus was last heard at
    for (const Side wire : sides) {
        Attempt& on = wires_[wire];
        const Role role = std::exchange(on.roles[uut], Role::absent);
        if (on.is_running && role == Role::sends && on.error == CanError::none) {
            break_off(wire, CanError::coding, stuff_error + flag + after_flag);
        }
    }
}

// Who begins, and how it will end.

bool VirtualCanBus::hand(Side side, const CanFrame& frame) {
    if (!nodes_[side].hand(frame)) return false;
    start();
    return true;
}

void VirtualCanBus::start() {
    start(0);
    if (fault_ != CanFault::none) start(1);
}

void VirtualCanBus::start(std::size_t wire) {
    if (wires_[wire].is_running) return;
    bool rig_sends = is_ready(rig, wire);
    bool uut_sends = is_ready(uut, wire);
    if (rig_sends && uut_sends) {
        const auto of_rig = arbitration_field(nodes_[rig].head());
        const auto of_uut = arbitration_field(nodes_[uut].head());
        rig_sends = of_rig <= of_uut;
        uut_sends = of_uut <= of_rig;
    }
    if (rig_sends || uut_sends) begin(wire, rig_sends, uut_sends);
}

bool VirtualCanBus::is_there(Side side, std::size_t wire) const {
    const CanNode& node = nodes_[side];
    return wire_of(side) == wire && node.bit_rate != 0 &&
           node.errors.state() != CanState::bus_off && (side == rig || receive_);
}

bool VirtualCanBus::is_ready(Side side, std::size_t wire) const {
    const CanNode& node = nodes_[side];
    if (side == rig && settings_.listen_only) return false;
    return node.has_frame() && node.suspended_until <= scheduler_.now() && is_there(side, wire);
}

VirtualCanBus::Role VirtualCanBus::role_of(Side side, std::size_t wire,
                                           std::uint32_t bit_rate) const {
    if (!is_there(side, wire)) return Role::absent;
    if (side == rig && settings_.listen_only) return Role::listens;
    if (nodes_[side].bit_rate == bit_rate) return Role::acknowledges;
    const bool is_active = nodes_[side].errors.state() == CanState::error_active;
    return is_active ? Role::disturbs : Role::listens;
}

void VirtualCanBus::begin(std::size_t wire, bool rig_sends, bool uut_sends) {
    CanNode& sender = nodes_[uut_sends ? uut : rig];
    Attempt& on = wires_[wire];
    on = {};
    on.is_running = true;
    on.frame = sender.head();
    on.bit_rate = sender.bit_rate;
    on.start = scheduler_.now();
    on.roles[rig] = rig_sends ? Role::sends : role_of(rig, wire, on.bit_rate);
    on.roles[uut] = uut_sends ? Role::sends : role_of(uut, wire, on.bit_rate);
    if (rig_sends && nodes_[rig].begin()) ++counts_.retransmissions;
    if (uut_sends) static_cast<void>(nodes_[uut].begin());
    on.is_flag_answered = sender.errors.state() == CanState::error_active;
    finish_at(wire, on.start + foresee(on));
}

/// How long it will hold the wire, and by which error it ends.
Duration VirtualCanBus::foresee(Attempt& on) {
    const auto with = [&](Role role) { return on.roles[rig] == role || on.roles[uut] == role; };
    const bool both_send = on.roles[rig] == Role::sends && on.roles[uut] == Role::sends;
    if (fault_ == CanFault::short_circuit) {
        on.error = CanError::bit;  // from the start of frame on, and so is each bit of its flag
        const CanNode& sender = nodes_[on.roles[uut] == Role::sends ? uut : rig];
        on.spoiled_flag_bits = std::max(sender.errors.transmit_errors_to_passive() - 1, 0);
        return bits_at(on.bit_rate, 1 + on.spoiled_flag_bits + flag + after_flag);
    }
    if (with(Role::disturbs) || (both_send && nodes_[rig].bit_rate != nodes_[uut].bit_rate)) {
        on.error = CanError::coding;
        const auto slower = std::min(nodes_[rig].bit_rate, nodes_[uut].bit_rate);
        return bits_at(slower, stuff_error + flag_and_echo + after_flag);
    }
    if (both_send && nodes_[rig].head() != nodes_[uut].head()) {
        on.error = CanError::bit;
        const int sound = bits_to_difference(nodes_[rig].head(), nodes_[uut].head());
        return bits_at(on.bit_rate, sound + flag_and_echo + after_flag);
    }
    const int length = lengths_.of(on.frame);
    if (with(Role::acknowledges)) return bits_at(on.bit_rate, length);
    on.error = CanError::acknowledge;
    return bits_at(on.bit_rate, length + after_unacknowledged);
}

void VirtualCanBus::break_off(std::size_t wire, CanError error, int bits) {
    Attempt& on = wires_[wire];
    on.error = error;
    finish_at(wire, scheduler_.now() + bits_at(on.bit_rate, bits));
}

void VirtualCanBus::finish_at(std::size_t wire, Instant when) {
    wires_[wire].end = when;
    scheduler_.schedule(when, [this, wire] { finish(wire); });
}

// What has come of it.

void VirtualCanBus::finish(std::size_t wire) {
    Attempt& on = wires_[wire];
    if (!on.is_running || on.end != scheduler_.now()) return;  // it ended otherwise
    if (on.error == CanError::none && on.roles[rig] != Role::acknowledges &&
        on.roles[uut] != Role::acknowledges) {
        break_off(wire, CanError::acknowledge, after_unacknowledged);  // who would have, has left
        return;
    }
    const Attempt done = on;  // who is told may begin the next one
    on.is_running = false;
    for (const Side side : sides) count(side, done);
    tell(done);
    if (done.error == CanError::none && done.roles[uut] == Role::acknowledges && receive_) {
        receive_(done.frame);
    }
    start();
}

void VirtualCanBus::count(Side side, const Attempt& done) {
    if (done.roles[side] == Role::absent) return;
    if (done.roles[side] == Role::sends) {
        count_sent(side, done);
    } else if (side == uut || !settings_.listen_only) {
        count_heard(side, done);
    }
}

void VirtualCanBus::count_sent(Side side, const Attempt& done) {
    CanNode& node = nodes_[side];
    node.end(done.error == CanError::none);
    if (done.error == CanError::none) {
        node.errors.sent();
    } else if (done.error == CanError::acknowledge) {
        node.errors.unacknowledged();
    } else {
        for (int i = 0; i <= done.spoiled_flag_bits; ++i) node.errors.transmit_error();
    }
    if (node.errors.state() == CanState::error_passive) {
        node.suspended_until = scheduler_.now() + bits_at(node.bit_rate, suspension);
        scheduler_.schedule(node.suspended_until, [this] { start(); });
    }
    if (side == uut && node.errors.state() == CanState::bus_off) rejoin_later(uut);
}

void VirtualCanBus::count_heard(Side side, const Attempt& done) {
    CanErrorCounters& errors = nodes_[side].errors;
    if (done.error == CanError::none) {
        if (done.roles[side] == Role::acknowledges) errors.received();
        return;
    }
    errors.receive_error();
    if (done.roles[side] == Role::disturbs && done.is_flag_answered) errors.answered_error_flag();
}

CanError VirtualCanBus::seen_by_rig(const Attempt& done) const {
    if (done.roles[rig] == Role::sends) return done.error;
    if (nodes_[rig].bit_rate != done.bit_rate) return CanError::coding;
    return done.error == CanError::bit ? CanError::coding : done.error;
}

void VirtualCanBus::tell(const Attempt& done) {
    if (done.roles[rig] == Role::absent) return;
    const CanError error = seen_by_rig(done);
    const bool is_own = done.roles[rig] == Role::sends;
    const Duration held = done.end - done.start;
    counts_.busy += held;
    CanEvent event;
    event.time = done.end;
    event.on_wire = held;
    event.error = error;
    event.own = is_own;
    if (error != CanError::none) {
        event.kind = CanEvent::Kind::error;
        ++counts_.error_frames;
        if (!is_own && error == CanError::acknowledge) ++counts_.unacknowledged;
    } else {
        event.kind = is_own ? CanEvent::Kind::sent : CanEvent::Kind::received;
        event.frame = done.frame;
        ++(is_own ? counts_.sent : counts_.received);
    }
    if (listener_) listener_(channel_, event);
}

// Bus-off.

void VirtualCanBus::recover() {
    if (rig_state() == CanState::bus_off) rejoin_later(rig);
}

void VirtualCanBus::rejoin_later(Side side) {
    CanNode& node = nodes_[side];
    if (node.recovers_at > scheduler_.now()) return;  // it is on its way
    node.recovers_at = scheduler_.now() + bits_at(node.bit_rate, recovery);
    scheduler_.schedule(node.recovers_at, [this, side] { rejoin(side); });
}

void VirtualCanBus::rejoin(Side side) {
    CanNode& node = nodes_[side];
    if (node.recovers_at != scheduler_.now()) return;  // its power was switched meanwhile
    node.errors = {};
    start();
}

}  // namespace bmsrig
