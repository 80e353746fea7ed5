// The frames of a Bloomy BS1200 on CAN, as the maker's public driver has them
// (github.com/BloomyControls/BS1200-Python-Driver, can_frames.py).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "rig/can_frame.h"

/// Identifiers have 11 bits: a base and the number of the box. Numbers have 16 bits, the low byte
/// first.
namespace bmsrig::bs1200 {

constexpr int cells_in_box = 12;
constexpr int cells_in_frame = 4;
constexpr int last_box = 15;
constexpr double highest_voltage = 5;    // V
constexpr double highest_current = 0.5;  // A, out of a cell and into it
constexpr std::uint32_t bit_rate = 1'000'000;

// To the box.
constexpr std::uint32_t set_voltages = 160;  ///< cells 1-4; 16 more: 5-8; 32 more: 9-12
constexpr std::uint32_t set_limits = 1152;   ///< sink, source: of all cells
constexpr std::uint32_t set_sink = 1184;     ///< cell - 1, number
constexpr std::uint32_t set_source = 1200;
constexpr std::uint32_t enable_all = 1344;   ///< 0 or 1
constexpr std::uint32_t enable_cell = 1360;  ///< cell - 1, 0 or 1

// From the box, again and again.
constexpr std::uint32_t status = 256;    ///< fans, three temperatures in degC
constexpr std::uint32_t voltages = 288;  ///< cells 1-4; 16 more: 5-8; 32 more: 9-12
constexpr std::uint32_t currents = 384;

constexpr std::uint32_t next_cells = 16;  ///< from the identifier of four cells to the next four
constexpr std::uint8_t fans_turn = 16;

/// 0.1 mV. The maker's driver cuts off, so that 2.8 V goes out as 27999; this rounds.
inline std::uint16_t from_volts(double voltage) {
    return static_cast<std::uint16_t>(std::lround(voltage * 1e4));
}
inline double to_volts(std::uint16_t number) {
    return number / 1e4;
}
/// Limits are in 0.1 mA, readings as well, but shifted so that they can be negative.
inline std::uint16_t from_amperes(double current) {
    return static_cast<std::uint16_t>(std::lround(current * 1e4));
}
inline double to_amperes(std::uint16_t number) {
    return number / 1e4;
}
constexpr int zero_current = 32768;
inline double reading_to_amperes(std::uint16_t number) {
    return (number - zero_current) / 1e4;
}
inline std::uint16_t amperes_to_reading(double current) {
    return static_cast<std::uint16_t>(std::lround(current * 1e4) + zero_current);
}

inline CanFrame frame(std::uint32_t base, int box) {
    CanFrame made;
    made.id = base + static_cast<std::uint32_t>(box);
    return made;
}
inline void put_byte(CanFrame& to, std::uint8_t byte) {
    to.data.at(to.length++) = byte;
}
inline void put_number(CanFrame& to, std::uint16_t number) {
    put_byte(to, static_cast<std::uint8_t>(number & 0xFFU));
    put_byte(to, static_cast<std::uint8_t>(number >> 8U));
}
/// The number that begins at a byte.
inline std::uint16_t number_at(const CanFrame& from, std::size_t byte) {
    return static_cast<std::uint16_t>(from.data.at(byte) | from.data.at(byte + 1) << 8U);
}

}  // namespace bmsrig::bs1200
