// A CAN adapter: the rig's own node on the UUT's CAN bus.
#pragma once

#include <cstdint>
#include <functional>

#include "rig/can_frame.h"
#include "rig/instruments/instrument.h"

namespace bmsrig {

/// What an adapter has counted on a channel since the test began.
struct CanBusCounts {
    std::uint64_t received = 0;      ///< frames from the UUT
    std::uint64_t sent = 0;          ///< frames of the rig that have left
    std::uint64_t error_frames = 0;  ///< what came at another bit rate than the adapter's
    Duration busy{};                 ///< how long frames stood on the wire
};

class CanAdapter : public Instrument {
  public:
    using Listener = std::function<void(int channel, Instant received, const CanFrame& frame)>;

    /// Who is told of every frame that was received completely. One listener; replaces a former
    /// one.
    virtual void on_frame(Listener listener) = 0;
    /// Hands a frame to the transmitter; it leaves when the bus is free.
    virtual void send(int channel, const CanFrame& frame) = 0;
    /// 0: that of whoever speaks on the bus. Otherwise only frames at this rate are understood.
    virtual void set_bit_rate(int channel, std::uint32_t bit_rate) = 0;
    /// The rate at which the bus works; 0 if it is not known yet.
    [[nodiscard]] virtual std::uint32_t bit_rate(int channel) const = 0;
    [[nodiscard]] virtual CanBusCounts counts(int channel) const = 0;
};

}  // namespace bmsrig
