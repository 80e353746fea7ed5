#include "drivers/rs485/decoder.h"

#include <algorithm>

#include "drivers/rs485/crc.h"

namespace bmsrig::rs485 {

namespace {

constexpr std::size_t header = 4;  // up to the length

}  // namespace

void Decoder::received(std::span<const Byte> bytes, Time now, FrameSink sink) {
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

void Decoder::expire(Time now, FrameSink sink) {
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

/// Takes the frames out of bytes; returns how many bytes are done with. The rest, if any, is the
/// beginning of a frame that needs more.
std::size_t Decoder::scan(std::span<const Byte> bytes, FrameSink sink) {
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

const Byte* Decoder::drop_to(const Byte* to, const Byte* from) {
    counts_.dropped_bytes += static_cast<std::uint64_t>(to - from);
    return to;
}

/// Adds bytes to what is held until nothing of that is left, and returns the bytes not used.
std::span<const Byte> Decoder::complete(std::span<const Byte> bytes, FrameSink sink) {
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

void Decoder::hold(std::span<const Byte> bytes) {
    std::copy_n(bytes.data(), bytes.size(), buffer_.data());
    held_ = bytes.size();
}

}  // namespace bmsrig::rs485
