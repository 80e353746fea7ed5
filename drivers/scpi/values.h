// What stands in SCPI answers and parameters: numbers, yes and no, strings, lists of channels
// (SCPI-99 volume 1, chapters 7 and 8; IEEE 488.2, chapter 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bmsrig::scpi {

/// Without white space at its ends.
std::string_view trimmed(std::string_view text);
/// The parts between separators, trimmed; those within quotes stay whole. Nothing of an empty text.
std::vector<std::string_view> split(std::string_view text, char separator);

/// In quotes and not longer than a line, for messages; what cannot be shown as \\x and its number.
std::string shown(std::string_view text);

/// "3.3", "+3.30000E+00", "3.3 V" (a unit without a prefix is passed over). 9.91E37 is NaN,
/// +/-9.9E37 an infinity: not a number and overload of SCPI-99. Nothing if it is no number.
std::optional<double> parse_number(std::string_view text);
/// 0, 1, ON, OFF.
std::optional<bool> parse_boolean(std::string_view text);
/// Without its quotes, doubled ones made single; a text without quotes as it is.
std::string parse_string(std::string_view text);

/// The number in full, without exponent: the shortest that reads back to the same double.
std::string format_value(double value);
/// With so many decimals.
std::string format_value(double value, int decimals);

/// "1:8", "101,103", "1:4,7" -> every channel. Nothing if it is no such list, or names none or more
/// than 1024.
std::optional<std::vector<int>> parse_channels(std::string_view text);
/// The inverse: "1:4,7".
std::string format_channels(const std::vector<int>& channels);

/// An entry of an error queue: `-222,"Data out of range"`.
struct QueuedError {
    int number = 0;
    std::string text;
};
std::optional<QueuedError> parse_error(std::string_view text);

/// ISO 8601 of "2026,3,1", "2026-03-01", "3/1/2026" and "20260301"; what is no date as it stands.
std::string iso_date(std::string_view text);
/// Of two dates as iso_date() gives them the one to rely on: the older one, and rather none.
std::string older_date(const std::string& one, const std::string& other);

}  // namespace bmsrig::scpi
