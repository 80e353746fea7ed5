// The rig's part in the UUT's buses.
#include "rig/rig.h"

namespace bmsrig {

void Rig::send_can(std::string_view bus, const CanFrame& frame) {
    can_.adapter(bus).send(can_.channel(bus), frame);
}

CanRepeats::Id Rig::repeat_can(std::string_view bus, const CanFrame& frame, Duration period) {
    catch_up();
    return can_repeats_.start(can_.adapter(bus), can_.channel(bus), frame, period);
}

CanWatch Rig::watch_can(std::string_view bus, Duration duration) {
    can_.record(bus, now());
    run_for(duration);
    return can_.take_record(bus);
}

void Rig::send_serial(std::string_view bus, std::span<const std::uint8_t> bytes) {
    serial_.adapter(bus).send(serial_.channel(bus), bytes);
}

CanRateFound Rig::detect_can_bit_rate(std::string_view bus, const CanRateSearch& search) {
    return bmsrig::detect_can_bit_rate(can_.adapter(bus), can_.channel(bus), search,
                                       [this](Duration duration) { run_for(duration); });
}

double Rig::can_load(std::string_view bus) {
    static_cast<void>(can_.adapter(bus));  // names the buses there are
    can_.pass(now());
    const auto last = trace_.last(trace_.require("bus." + std::string(bus) + ".load"));
    return last ? last->value : 0;
}

bool Rig::wait_for_can(std::string_view bus, std::uint32_t id, std::optional<bool> extended,
                       Duration timeout) {
    const auto last = [&] {
        const auto heard = can_.identifier(bus, id, extended);
        return heard ? heard->time : Instant::min();
    };
    const Instant deadline = after(timeout);
    const Instant before = last();
    for (bool more = true; more && last() == before;) more = step(deadline);
    return last() != before;
}

bool Rig::wait_for_serial(std::string_view bus, Duration timeout) {
    const Instant deadline = after(timeout);
    for (bool more = true;;) {
        if (serial_.has_bytes(bus)) return true;
        if (!more) return false;
        more = step(deadline);
    }
}

}  // namespace bmsrig
