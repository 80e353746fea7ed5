// A serial adapter: the rig's own port on the UUT's RS-485 bus, 8 data bits, no parity, 1 stop bit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "rig/instruments/instrument.h"

namespace bmsrig {

/// What an adapter has counted on a channel since the test began.
struct SerialCounts {
    std::uint64_t received = 0;        ///< bytes from the UUT
    std::uint64_t sent = 0;            ///< bytes of the rig
    std::uint64_t framing_errors = 0;  ///< stop bits that were not there
    std::uint64_t collisions = 0;      ///< bytes sent while the other side was sending
};

/// Faults of the wire, each a probability from 0 to 1.
struct WireFaults {
    double bit_errors = 0;  ///< that a bit of data arrives inverted
    double lost_bytes = 0;  ///< that a byte does not arrive
    bool operator==(const WireFaults&) const = default;
};

class SerialAdapter : public Instrument {
  public:
    using Listener = std::function<void(int channel, Instant received, std::uint8_t byte)>;

    /// Who is told of every byte at the end of its stop bit. One listener; replaces a former one.
    virtual void on_byte(Listener listener) = 0;
    /// Sends these bytes without a gap, from now on, or when what was handed over before has left.
    /// Half duplex is the caller's business: who speaks while the other side speaks garbles both.
    virtual void send(int channel, std::span<const std::uint8_t> bytes) = 0;
    /// The rate at which it sends and samples, in bit/s; bytes at another rate arrive as a UART
    /// sees them. 0: that of the UUT, or of the bench file where a real port cannot know the UUT's.
    virtual void set_bit_rate(int channel, std::uint32_t bit_rate) = 0;
    /// The rate at which it works; 0 if it is not known yet.
    [[nodiscard]] virtual std::uint32_t bit_rate(int channel) const = 0;
    /// Faults between the adapter and the UUT, in both directions. Throws InputError for a
    /// probability outside 0 to 1, and BenchCannot if the instrument cannot do it.
    virtual void set_faults(int channel, const WireFaults& faults) = 0;
    [[nodiscard]] virtual SerialCounts counts(int channel) const = 0;
};

}  // namespace bmsrig
