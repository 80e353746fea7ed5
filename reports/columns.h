// Columns: numbers of one sort written after one another in few bytes, and read back with every
// bound checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "rig/error.h"

namespace bmsrig {

/// Small numbers, also negative ones, become small unsigned ones.
constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t code) {
    return static_cast<std::int64_t>(code >> 1U) ^ -static_cast<std::int64_t>(code & 1U);
}

/// A column being written. The room is taken once, so that writing a number is a few instructions.
class ColumnWriter {
  public:
    static constexpr std::size_t longest_varint = 10;

    /// Room for `numbers` numbers of at most `longest` bytes.
    ColumnWriter(std::size_t numbers, std::size_t longest)
        : room_(std::make_unique_for_overwrite<char[]>(numbers * longest)), end_(room_.get()) {}

    /// Forgets what was written, and keeps the room.
    void clear() { end_ = room_.get(); }

    void byte(std::uint8_t value) { *end_++ = static_cast<char>(value); }
    /// Seven bits a byte, the lowest first; the eighth bit says that more follow.
    void varint(std::uint64_t value) {
        while (value >= 0x80U) {
            byte(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        byte(static_cast<std::uint8_t>(value));
    }
    /// Eight bytes, the lowest first.
    void word(std::uint64_t value) {
        for (unsigned shift = 0; shift < 64; shift += 8)
            byte(static_cast<std::uint8_t>(value >> shift));
    }
    [[nodiscard]] std::string_view view() const {
        return {room_.get(), static_cast<std::size_t>(end_ - room_.get())};
    }

  private:
    std::unique_ptr<char[]>
        room_;  // NOLINT(modernize-avoid-c-arrays): a vector would clear it first
    char* end_;
};

/// A column being read. Reading beyond its end throws InputError.
class ColumnReader {
  public:
    ColumnReader() = default;
    explicit ColumnReader(std::string_view bytes) : rest_(bytes) {}

    std::uint8_t byte() {
        if (rest_.empty())
            throw InputError("the bytes are no block of a record: a column ends too early");
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t part = byte();
            value |= static_cast<std::uint64_t>(part & 0x7FU) << shift;
            if (part < 0x80U) return value;
        }
        throw InputError("the bytes are no block of a record: a number is longer than 64 bits");
    }
    std::uint64_t word() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 8)
            value |= static_cast<std::uint64_t>(byte()) << shift;
        return value;
    }
    /// Splits off the first `size` bytes.
    ColumnReader take(std::uint64_t size) {
        if (size > rest_.size())
            throw InputError("the bytes are no block of a record: a column is missing");
        ColumnReader part(rest_.substr(0, static_cast<std::size_t>(size)));
        rest_.remove_prefix(static_cast<std::size_t>(size));
        return part;
    }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }

  private:
    std::string_view rest_;
};

}  // namespace bmsrig
