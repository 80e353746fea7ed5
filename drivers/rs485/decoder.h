// Finds the frames in a stream of bytes that comes in pieces, with whatever else stands between
// them.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "drivers/rs485/crc.h"
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

/// Hands out frames whose payload is valid only during the call; allocates nothing. When what began
/// like a frame is none, one byte is dropped and the search goes on with the next: a frame that
/// stands behind garbage, or inside of it, is found.
class Decoder {
  public:
    /// A piece of several bytes began to arrive before its time by this much for each byte but one.
    explicit Decoder(Time time_of_a_byte = Time{0}) : byte_time_(time_of_a_byte) {}
    void set_byte_time(Time time_of_a_byte) { byte_time_ = time_of_a_byte; }

    /// Bytes of which the last one came completely at `now`. The sink is called with each Frame.
    template <typename Sink>
    void received(std::span<const Byte> bytes, Time now, Sink&& sink) {
        if (bytes.empty()) return;
        const Time first = now - byte_time_ * static_cast<std::int64_t>(bytes.size() - 1);
        expire(first, sink);
        last_ = now;
        if (held_ > 0) bytes = complete(bytes, sink);
        if (held_ == 0) {
            const std::size_t done = scan(bytes, sink);
            hold(bytes.subspan(done));
        }
    }

    /// When a frame that has begun is given up, if one has.
    [[nodiscard]] std::optional<Time> due() const {
        return held_ > 0 ? std::optional(last_ + longest_gap) : std::nullopt;
    }

    /// Gives up a frame that was not finished in time, and looks for frames inside of it.
    template <typename Sink>
    void expire(Time now, Sink&& sink) {
        if (held_ == 0 || now < last_ + longest_gap) return;
        ++counts_.timeouts;
        std::span<const Byte> rest{buffer_.data(), held_};
        held_ = 0;
        while (!rest.empty()) {
            ++counts_.dropped_bytes;
            rest = rest.subspan(1);
            rest = rest.subspan(scan(rest, sink));
        }
    }

    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    static constexpr std::size_t header = 4;

    /// Takes the frames out of bytes; returns how many bytes are done with. The rest, if any, is
    /// the beginning of a frame that needs more.
    template <typename Sink>
    std::size_t scan(std::span<const Byte> bytes, Sink& sink) {
        const Byte* const begin = bytes.data();
        const Byte* const end = begin + bytes.size();
        const Byte* at = begin;
        while (at != end) {
            if (*at != frame_begin) {
                at = drop_to(std::find(at, end, frame_begin), at);
                continue;
            }
            const auto left = static_cast<std::size_t>(end - at);
            if (left < header) break;
            const std::size_t length = at[3];
            const std::size_t size = length + frame_overhead;
            if (left < size) break;
            if (at[size - 1] != frame_end) {
                ++counts_.bad_ends;
                at = drop_to(at + 1, at);
                continue;
            }
            const Byte* const crc = at + header + length;
            if (crc16({at + 1, length + 3}) != (crc[0] << 8U | crc[1])) {
                ++counts_.bad_crcs;
                at = drop_to(at + 1, at);
                continue;
            }
            ++counts_.frames;
            sink(Frame{at[1], at[2], {at + header, length}});
            at += size;
        }
        return static_cast<std::size_t>(at - begin);
    }

    const Byte* drop_to(const Byte* to, const Byte* from) {
        counts_.dropped_bytes += static_cast<std::uint64_t>(to - from);
        return to;
    }

    /// Adds bytes to what is held until nothing of that is left, and returns the bytes not used.
    template <typename Sink>
    std::span<const Byte> complete(std::span<const Byte> bytes, Sink& sink) {
        std::size_t used = 0;
        while (held_ > 0 && used < bytes.size()) {
            const std::size_t size = held_ < header ? header : buffer_[3] + frame_overhead;
            const std::size_t more = std::min(size - held_, bytes.size() - used);
            std::copy_n(bytes.data() + used, more, buffer_.data() + held_);
            held_ += more;
            used += more;
            const std::size_t done = scan({buffer_.data(), held_}, sink);
            const std::size_t rest = held_ - done;
            if (rest <= used) {  // all of it stands in the new bytes: go on there
                held_ = 0;
                return bytes.subspan(used - rest);
            }
            std::copy_n(buffer_.data() + done, rest, buffer_.data());
            held_ = rest;
        }
        return bytes.subspan(used);
    }

    void hold(std::span<const Byte> bytes) {
        std::copy_n(bytes.data(), bytes.size(), buffer_.data());
        held_ = bytes.size();
    }

    Time byte_time_;
    Time last_{0};
    std::array<Byte, longest_frame> buffer_;
    std::size_t held_ = 0;  // of an unfinished frame: begins with frame_begin
    Counts counts_;
};

}  // namespace bmsrig::rs485
