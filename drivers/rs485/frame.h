// A frame of REC's RS-485 protocol: 0x55, destination, sender, length, payload, CRC, 0xAA. Nothing
// is escaped: 0x55 and 0xAA may stand anywhere in a frame, only its length tells where it ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bmsrig::rs485 {

using Byte = std::uint8_t;

constexpr Byte frame_begin = 0x55;
constexpr Byte frame_end = 0xAA;
constexpr std::size_t most_payload = 255;
/// What a frame has besides its payload.
constexpr std::size_t frame_overhead = 7;
constexpr std::size_t longest_frame = most_payload + frame_overhead;

constexpr Byte host_address = 0;

/// A frame whose payload stands elsewhere.
struct Frame {
    Byte destination;
    Byte sender;
    std::span<const Byte> payload;
};

/// The payload as text.
std::string_view text_of(std::span<const Byte> payload);
/// The text as a payload.
std::span<const Byte> payload_of(std::string_view text);

/// The two bytes of a CRC may stand in either order on the wire; REC sends the high byte first.
enum class CrcOrder : std::uint8_t { high_first, low_first };

/// The bytes of a frame on the wire.
class EncodedFrame {
  public:
    /// Throws std::length_error with a payload of more than 255 bytes.
    explicit EncodedFrame(const Frame& frame, CrcOrder order = CrcOrder::high_first);
    [[nodiscard]] std::span<const Byte> bytes() const { return {bytes_.data(), size_}; }

  private:
    std::array<Byte, longest_frame> bytes_{};
    std::size_t size_;
};

inline EncodedFrame encode(const Frame& frame, CrcOrder order = CrcOrder::high_first) {
    return EncodedFrame(frame, order);
}

}  // namespace bmsrig::rs485
