// Finds the frames in a stream of bytes that comes in pieces, with whatever else stands between
// them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "drivers/rs485/frame.h"

namespace bmsrig::rs485 {

/// Since a start that all who exchange bytes agree on. Nothing here reads a clock.
using Time = std::chrono::nanoseconds;

/// A frame whose next byte does not come for so long will not be finished.
constexpr Time longest_gap = std::chrono::milliseconds(20);

/// How long a byte takes: start bit, 8 data bits, stop bit. Nothing where the rate is not known
/// (0).
constexpr Time byte_time(std::int64_t bit_rate) {
    return bit_rate > 0 ? Time{10 * std::nano::den / bit_rate} : Time{0};
}

/// What a decoder has seen.
struct Counts {
    std::uint64_t frames = 0;
    std::uint64_t bad_ends = 0;  ///< what began like a frame did not end like one
    std::uint64_t bad_crcs = 0;
    std::uint64_t dropped_bytes = 0;  ///< that belong to no frame
    std::uint64_t timeouts = 0;       ///< frames never finished
};

/// Who gets frames: any callable that takes a Frame, which must outlive the call it is passed to.
class FrameSink {
  public:
    template <typename Callable>
    FrameSink(const Callable& sink)  // implicit: a lambda is a sink
        : sink_(std::addressof(sink)), call_([](const void* callable, const Frame& frame) {
              (*static_cast<const Callable*>(callable))(frame);
          }) {}
    void operator()(const Frame& frame) const { call_(sink_, frame); }

  private:
    const void* sink_;
    void (*call_)(const void* callable, const Frame& frame);
};

/// Hands out frames whose payload is valid only during the call; allocates nothing. When what began
/// like a frame is none, one byte is dropped and the search goes on with the next: a frame that
/// stands behind garbage, or inside of it, is found.
class Decoder {
  public:
    /// A piece of several bytes began to arrive before its time by this much for each byte but one.
    explicit Decoder(Time time_of_a_byte = Time{0}) : byte_time_(time_of_a_byte) {}
    void set_byte_time(Time time_of_a_byte) { byte_time_ = time_of_a_byte; }

    /// Bytes of which the last one came completely at `now`.
    void received(std::span<const Byte> bytes, Time now, FrameSink sink);

    /// When a frame that has begun is given up, if one has.
    [[nodiscard]] std::optional<Time> due() const {
        return held_ > 0 ? std::optional(last_ + longest_gap) : std::nullopt;
    }
    /// Gives up a frame that was not finished in time, and looks for frames inside of it.
    void expire(Time now, FrameSink sink);

    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    std::size_t scan(std::span<const Byte> bytes, FrameSink sink);
    std::span<const Byte> complete(std::span<const Byte> bytes, FrameSink sink);
    const Byte* drop_to(const Byte* to, const Byte* from);
    void hold(std::span<const Byte> bytes);

    Time byte_time_;
    Time last_{0};
    std::array<Byte, longest_frame> buffer_{};
    std::size_t held_ = 0;  // of an unfinished frame: begins with frame_begin
    Counts counts_;
};

}  // namespace bmsrig::rs485
