// The instructions of a REC BMS over RS-485: what each is called, carries and allows. The tables
// rec_2q.csv and rec_abms.csv are the one place for these facts; C++ is made from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bmsrig::rs485 {

/// A mnemonic's four characters, the first one highest. "CMAX"_name makes one; usable in a switch.
enum class Name : std::uint32_t {};

constexpr std::size_t name_length = 4;

/// The name of exactly four printable characters other than a blank; none for any other text.
constexpr std::optional<Name> name_from(std::string_view text) {
    if (text.size() != name_length) return std::nullopt;
    std::uint32_t packed = 0;
    for (const char c : text) {
        if (c <= ' ' || c > '~') return std::nullopt;
        packed = packed << 8U | static_cast<std::uint32_t>(c);
    }
    return Name{packed};
}

/// Does not compile unless it has four printable characters.
consteval Name operator""_name(const char* text, std::size_t length) {
    const std::optional<Name> name = name_from({text, length});
    if (!name) throw std::invalid_argument("a mnemonic has four printable characters");
    return *name;
}

std::string to_string(Name name);

enum class Access : std::uint8_t {
    read,
    write,       ///< a command: there is nothing to read
    read_write,  ///< a setting; of a text: "<mnemonic> 1" is a command
    armed,       ///< dangerous: only sent, and only obeyed, when armed
};

enum class Type : std::uint8_t {
    floating,
    integer,
    text,
    floats,  ///< an array of IEEE-754 singles, little endian
    bytes,   ///< an array of bytes
};

/// Whole numbers from low to high.
struct Choices {
    std::int32_t low;
    std::int32_t high;
};

/// One row of a table. What the table does not give is NaN or empty.
struct Instruction {
    Name name;
    std::string_view mnemonic;
    std::string_view group;
    Access access;
    Type type;
    std::string_view unit;
    double minimum;
    double maximum;
    double initial;                    ///< the default
    int decimals;                      ///< with which a value is sent at least
    std::span<const Choices> choices;  ///< if there are any, only these whole numbers are valid
    bool counts_bytes;      ///< of an array: its first frame counts bytes, otherwise BMS units
    std::string_view text;  ///< the text that the unit answers, if the manual gives one
    std::string_view source;
    std::string_view note;

    [[nodiscard]] constexpr bool is_number() const {
        return type == Type::floating || type == Type::integer;
    }
    [[nodiscard]] constexpr bool is_array() const {
        return type == Type::floats || type == Type::bytes;
    }
    [[nodiscard]] constexpr bool is_readable() const {
        return access == Access::read || access == Access::read_write;
    }
    /// A number that can be set.
    [[nodiscard]] constexpr bool is_setting() const {
        return is_number() && access == Access::read_write;
    }
    /// "<mnemonic> 1" does something, and erases what a test may need.
    [[nodiscard]] constexpr bool is_command() const {
        return type == Type::text && (access == Access::write || access == Access::read_write);
    }
    /// Whether a setting may have this value: in its range, a whole number where it is an integer,
    /// one of the choices where there are some.
    [[nodiscard]] bool allows(double value) const;
};

/// The instructions of one kind of BMS, in the order of its file.
struct Table {
    std::string_view name;  ///< of the file: "rec_2q"
    std::span<const Instruction> instructions;
};

/// The instruction of this name, or null.
const Instruction* find(const Table& table, Name name);

const Table& rec_2q();
const Table& rec_abms();

}  // namespace bmsrig::rs485
