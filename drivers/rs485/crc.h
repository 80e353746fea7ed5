// CRC-16/ARC: polynomial 0x8005 reflected, starting from 0, of 16 bytes at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bmsrig::rs485 {

namespace crc_tables {

constexpr std::size_t slices = 16;
using Tables = std::array<std::array<std::uint16_t, 256>, slices>;

/// Entry [k][b]: what byte b contributes when k more bytes follow it.
constexpr Tables make() {
    Tables tables{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
        tables[0][byte] = static_cast<std::uint16_t>(crc);
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            const unsigned before = tables[slice - 1][byte];
            tables[slice][byte] =
                static_cast<std::uint16_t>(before >> 8U ^ tables[0][before & 0xFFU]);
        }
    }
    return tables;
}

inline constexpr Tables tables = make();

/// The CRC after `count` more bytes; all loads but the first two wait for nothing.
template <std::size_t count>
constexpr unsigned advance(unsigned crc, const std::uint8_t* bytes) {
    unsigned next = tables[count - 1][bytes[0] ^ (crc & 0xFFU)] ^
                    tables[count - 2][bytes[1] ^ (crc >> 8U & 0xFFU)];
    for (std::size_t i = 2; i < count; ++i) next ^= tables[count - 1 - i][bytes[i]];
    return next;
}

}  // namespace crc_tables

constexpr std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
    unsigned crc = 0;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 16; left -= 16, at += 16) crc = crc_tables::advance<16>(crc, at);
    if (left >= 8) {
        crc = crc_tables::advance<8>(crc, at);
        left -= 8;
        at += 8;
    }
    for (; left > 0; --left, ++at) crc = crc >> 8U ^ crc_tables::tables[0][(crc ^ *at) & 0xFFU];
    return static_cast<std::uint16_t>(crc);
}

}  // namespace bmsrig::rs485
