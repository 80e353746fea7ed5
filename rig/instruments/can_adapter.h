// A CAN adapter: the rig's own node on the UUT's CAN bus.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "rig/can_frame.h"
#include "rig/instruments/instrument.h"

namespace bmsrig {

/// What spoiled a frame (ISO 11898-1, error detection).
enum class CanError : unsigned char {
    none,
    coding,       ///< stuff bits, form or checksum: what another bit rate looks like
    acknowledge,  ///< it was sound, but no node acknowledged it
    bit           ///< the bus did not follow its transmitter: a short circuit, a second transmitter
};
std::string_view to_string(CanError error);

/// How far a node takes part in the bus, by its error counters (ISO 11898-1, fault confinement).
enum class CanState : unsigned char { error_active, error_passive, bus_off };
std::string_view to_string(CanState state);

/// What happens to a bus on request.
enum class CanFault : unsigned char {
    none,
    short_circuit,  ///< CAN H at CAN L: nobody hears anybody; who sends has `bit` errors
    open            ///< the rig's own wire is broken: the UUT hears nobody, and nobody hears it
};
std::string_view to_string(CanFault fault);

/// Something that stood on the bus.
struct CanEvent {
    enum class Kind : unsigned char {
        received,  ///< a frame of the UUT, completely
        sent,      ///< a frame of the rig, completely
        error      ///< an error frame: somebody's frame was broken off
    };
    Kind kind = Kind::received;
    Instant time;        ///< of its end
    Duration on_wire{};  ///< how long it held the bus
    CanFrame frame{};    ///< none if it is an error frame
    CanError error = CanError::none;
    bool own = false;  ///< the rig's own frame, sent or broken off
};

/// What an adapter has counted on a channel since the test began.
struct CanBusCounts {
    std::uint64_t received = 0;      ///< frames from the UUT
    std::uint64_t sent = 0;          ///< frames of the rig that have left
    std::uint64_t error_frames = 0;  ///< frames of either that were broken off
    /// Of the error frames: what had been sound up to its acknowledgement, which did not come.
    std::uint64_t unacknowledged = 0;
    std::uint64_t retransmissions = 0;  ///< how often frames of the rig had to go out again
    Duration busy{};                    ///< how long the bus was held, error frames included
    int transmit_errors = 0;            ///< the error counters of the rig's own node as they stand
    int receive_errors = 0;
};

/// How the rig's node was set.
struct CanSettings {
    std::uint32_t bit_rate = 0;  ///< 0: that of whoever speaks
    bool listen_only = false;
};

class CanAdapter : public Instrument {
  public:
    using Listener = std::function<void(int channel, const CanEvent& event)>;

    /// Who is told of everything on the bus, in the order of time. One listener; replaces a former
    /// one.
    virtual void on_event(Listener listener) = 0;
    /// Hands a frame to the transmitter; it leaves when the bus is free, again and again until it
    /// is acknowledged. While that fails, a frame takes the place of one with its identifier that
    /// still waits. Throws InputError while the node only listens, and when too many frames wait.
    virtual void send(int channel, const CanFrame& frame) = 0;
    /// 0: that of whoever speaks on the bus. Otherwise 10,000 to 1,000,000 bit/s, and only frames
    /// at this rate are understood; RatingError for any other. From the next frame on.
    virtual void set_bit_rate(int channel, std::uint32_t bit_rate) = 0;
    /// The rate at which the bus works; 0 if it is not known yet.
    [[nodiscard]] virtual std::uint32_t bit_rate(int channel) const = 0;
    /// Hears, and sends nothing: neither an acknowledgement nor an error frame, so a UUT with which
    /// it is alone sends the same frame again and again. The error counters stay as they are. From
    /// the next frame on; frames that wait to be sent go on waiting. Throws BenchCannot where the
    /// adapter must not or cannot do it.
    virtual void set_listen_only(int channel, bool listens) = 0;
    [[nodiscard]] virtual CanSettings settings(int channel) const = 0;
    /// Of the rig's own node.
    [[nodiscard]] virtual CanState state(int channel) const = 0;
    /// Lets the rig's node leave bus-off: it takes part again after 128 times 11 bits with its
    /// error counters at 0. Nothing happens in any other state.
    virtual void recover(int channel) = 0;
    /// Breaks the bus, or mends it with `none`. Throws BenchCannot if the adapter cannot do this,
    /// as real ones cannot.
    virtual void set_fault(int channel, CanFault fault) = 0;
    [[nodiscard]] virtual CanBusCounts counts(int channel) const = 0;
};

}  // namespace bmsrig
