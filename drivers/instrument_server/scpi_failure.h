// Errors as an instrument reports them: the standard numbers of SCPI-99, volume 2, chapter 21.8.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace bmsrig::scpi_server {

/// A number of the standard; what the class means for the event register follows from its hundreds.
struct Code {
    int number = 0;
    const char* text = "";
};

namespace code {
inline constexpr Code invalid_character{-101, "Invalid character"};
inline constexpr Code syntax{-102, "Syntax error"};
inline constexpr Code invalid_separator{-103, "Invalid separator"};
inline constexpr Code data_type{-104, "Data type error"};
inline constexpr Code not_allowed{-108, "Parameter not allowed"};
inline constexpr Code missing{-109, "Missing parameter"};
inline constexpr Code mnemonic_too_long{-112, "Program mnemonic too long"};
inline constexpr Code undefined_header{-113, "Undefined header"};
inline constexpr Code header_suffix{-114, "Header suffix out of range"};
inline constexpr Code numeric_data{-120, "Numeric data error"};
inline constexpr Code invalid_suffix{-131, "Invalid suffix"};
inline constexpr Code suffix_not_allowed{-138, "Suffix not allowed"};
inline constexpr Code character_data{-141, "Invalid character data"};
inline constexpr Code string_data{-151, "Invalid string data"};
inline constexpr Code block_data{-161, "Invalid block data"};
inline constexpr Code expression{-171, "Invalid expression"};
inline constexpr Code settings_conflict{-221, "Settings conflict"};
inline constexpr Code out_of_range{-222, "Data out of range"};
inline constexpr Code too_much_data{-223, "Too much data"};
inline constexpr Code illegal_value{-224, "Illegal parameter value"};
inline constexpr Code hardware{-240, "Hardware error"};
inline constexpr Code queue_overflow{-350, "Queue overflow"};
inline constexpr Code input_overrun{-363, "Input buffer overrun"};
inline constexpr Code interrupted{-410, "Query INTERRUPTED"};
}  // namespace code

/// Ends the command that is being read or carried out, and the rest of its message.
class Failure : public std::exception {
  public:
    explicit Failure(Code code, std::string detail = {})
        : code_(code), detail_(std::move(detail)) {}
    [[nodiscard]] Code code() const { return code_; }
    /// Device-dependent information, as the standard puts it behind a semicolon; may be empty.
    [[nodiscard]] const std::string& detail() const { return detail_; }
    [[nodiscard]] const char* what() const noexcept override { return code_.text; }

  private:
    Code code_;
    std::string detail_;
};

}  // namespace bmsrig::scpi_server
