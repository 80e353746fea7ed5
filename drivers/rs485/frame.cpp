#include "drivers/rs485/frame.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "drivers/rs485/crc.h"

namespace bmsrig::rs485 {

std::string_view text_of(std::span<const Byte> payload) {
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

std::span<const Byte> payload_of(std::string_view text) {
    return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}

EncodedFrame::EncodedFrame(const Frame& frame, CrcOrder order)
    : size_(frame.payload.size() + frame_overhead) {
    if (frame.payload.size() > most_payload) {
        throw std::length_error("a frame of " + std::to_string(frame.payload.size()) +
                                " bytes of payload; expected 255 at most");
    }
    bytes_[0] = frame_begin;
    bytes_[1] = frame.destination;
    bytes_[2] = frame.sender;
    bytes_[3] = static_cast<Byte>(frame.payload.size());
    Byte* at = std::ranges::copy(frame.payload, bytes_.data() + 4).out;
    const std::uint16_t crc = crc16({bytes_.data() + 1, frame.payload.size() + 3});
    const auto high = static_cast<Byte>(crc >> 8U);
    const auto low = static_cast<Byte>(crc & 0xFFU);
    *at++ = order == CrcOrder::high_first ? high : low;
    *at++ = order == CrcOrder::high_first ? low : high;
    *at = frame_end;
}

}  // namespace bmsrig::rs485
