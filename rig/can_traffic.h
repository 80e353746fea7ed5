// What stood on one CAN bus: how often each identifier came, how full the bus was, what went wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rig/can_table.h"
#include "rig/instruments/can_adapter.h"
#include "rig/trace.h"

namespace bmsrig {

/// What has been heard of one identifier since the UUT was switched on.
struct CanIdentifier {
    std::uint64_t count = 0;
    Instant time;    ///< of the last frame
    CanFrame frame;  ///< the last one
    /// From one frame to the next; zero as long as there was but one.
    Duration period{};  ///< the last
    Duration shortest{};
    Duration longest{};
    Instant first;  ///< of the first frame

    [[nodiscard]] Duration mean() const {
        return count < 2 ? Duration{} : (time - first) / static_cast<Duration::rep>(count - 1);
    }
};

/// Writes the signals "bus.<bus>.load" (%, of each second that has passed),
/// "bus.<bus>.error_frames" and, for each identifier, "bus.<bus>.0x<id>.period" (s, in steps of 0.1
/// ms).
class CanTraffic {
  public:
    /// Counts from `now` on.
    CanTraffic(Trace& trace, const std::string& bus, Instant now);

    void take(const CanEvent& event);
    /// Time has passed: seconds in which nothing came are told as well.
    void pass(Instant now);

    /// Nothing if the identifier has not been heard.
    [[nodiscard]] const CanIdentifier* identifier(std::uint32_t id, bool extended) const;

  private:
    struct Heard {
        CanIdentifier state;
        std::optional<SignalId> period;
    };
    void hear(const CanEvent& event);
    void note_period(Heard& heard, Duration period);
    void close_windows(Instant until);

    Trace& trace_;
    std::string prefix_;
    SignalId load_;
    SignalId error_frames_;
    std::uint64_t errors_ = 0;
    Instant window_end_;
    Duration busy_{};  // of the window that is open
    CanTable<Heard> heard_;
};

}  // namespace bmsrig
