// A CAN frame, and how the link's contract writes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bmsrig {

/// The highest identifier of 11 bits.
constexpr std::uint32_t last_standard_id = 0x7FF;

struct CanFrame {
    std::uint32_t id = 0;   ///< 11 bit, or 29 bit if extended
    bool extended = false;  ///< 29 bit identifier
    bool remote = false;    ///< a remote frame has no data
    std::uint8_t length = 0;
    std::array<std::uint8_t, 8> data{};  ///< bytes from `length` on are 0

    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data.data(), length}; }
    bool operator==(const CanFrame&) const = default;
};

/// can-utils' notation: "1F3#00FF", "1806E5F4#0102", "305#R".
std::string to_string(const CanFrame& frame);
/// The inverse; nothing for any other text.
std::optional<CanFrame> can_frame_from(std::string_view text);

}  // namespace bmsrig
