#include "drivers/socketcan/error_frame.h"

#include <linux/can/error.h>

#include <algorithm>

namespace bmsrig {

namespace {

constexpr unsigned passive = CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE;
constexpr unsigned warning = CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING;
constexpr unsigned overflow = CAN_ERR_CRTL_RX_OVERFLOW;
constexpr unsigned wrong_bit = CAN_ERR_PROT_BIT | CAN_ERR_PROT_BIT0 | CAN_ERR_PROT_BIT1;

CanError error_of(const can_frame& raw) {
    if ((raw.can_id & CAN_ERR_ACK) != 0) return CanError::acknowledge;
    if ((raw.can_id & CAN_ERR_PROT) == 0) {
        return (raw.can_id & CAN_ERR_BUSERROR) != 0 ? CanError::coding : CanError::none;
    }
    // Many controllers tell of a missing acknowledgement by its place alone.
    if (raw.data[3] == CAN_ERR_PROT_LOC_ACK) return CanError::acknowledge;
    return (raw.data[2] & wrong_bit) != 0 ? CanError::bit : CanError::coding;
}

std::optional<CanState> state_of(const can_frame& raw) {
    if ((raw.can_id & CAN_ERR_BUSOFF) != 0) return CanState::bus_off;
    if ((raw.can_id & CAN_ERR_CRTL) != 0) {
        if ((raw.data[1] & passive) != 0) return CanState::error_passive;
        if ((raw.data[1] & (warning | CAN_ERR_CRTL_ACTIVE)) != 0) return CanState::error_active;
    }
    if ((raw.can_id & CAN_ERR_RESTARTED) != 0) return CanState::error_active;
    return std::nullopt;
}

}  // namespace

CanErrorReport read_error_frame(const can_frame& raw) {
    CanErrorReport report;
    report.error = error_of(raw);
    report.is_own = (raw.can_id & CAN_ERR_ACK) != 0 ||
                    ((raw.can_id & CAN_ERR_PROT) != 0 && (raw.data[2] & CAN_ERR_PROT_TX) != 0);
    report.state = state_of(raw);
    report.has_overflown = (raw.can_id & CAN_ERR_CRTL) != 0 && (raw.data[1] & overflow) != 0;
    // Older drivers fill the counters in without saying so, zeros otherwise.
    report.has_counters = (raw.can_id & CAN_ERR_CNT) != 0 || raw.data[6] != 0 || raw.data[7] != 0;
    report.transmit_errors = raw.data[6];
    report.receive_errors = raw.data[7];
    return report;
}

can_frame error_frame(const CanErrorReport& report) {
    can_frame raw{};
    raw.can_id = CAN_ERR_FLAG;
    raw.len = CAN_ERR_DLC;
    if (report.error != CanError::none) {
        raw.can_id |= CAN_ERR_PROT | CAN_ERR_BUSERROR;
        raw.data[2] = report.error == CanError::bit      ? CAN_ERR_PROT_BIT
                      : report.error == CanError::coding ? CAN_ERR_PROT_STUFF
                                                         : CAN_ERR_PROT_UNSPEC;
        if (report.is_own) raw.data[2] |= CAN_ERR_PROT_TX;
        if (report.error == CanError::acknowledge) {
            raw.data[3] = CAN_ERR_PROT_LOC_ACK;
            if (report.is_own) raw.can_id |= CAN_ERR_ACK;
        }
    }
    if (report.state == CanState::bus_off) {
        raw.can_id |= CAN_ERR_BUSOFF;
    } else if (report.state) {
        raw.can_id |= CAN_ERR_CRTL;
        raw.data[1] = *report.state == CanState::error_passive ? passive : CAN_ERR_CRTL_ACTIVE;
    }
    if (report.has_overflown) {
        raw.can_id |= CAN_ERR_CRTL;
        raw.data[1] |= overflow;
    }
    if (report.has_counters) {
        raw.can_id |= CAN_ERR_CNT;
        raw.data[6] = static_cast<std::uint8_t>(std::min(report.transmit_errors, 255));
        raw.data[7] = static_cast<std::uint8_t>(std::min(report.receive_errors, 255));
    }
    return raw;
}

}  // namespace bmsrig
