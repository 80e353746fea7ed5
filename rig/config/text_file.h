// The text of a file that a person wrote, with everything refused that is no such file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace bmsrig {

/// The longest file that is read. The largest of ours is a hundred times shorter; what is longer is
/// not such a file.
inline constexpr std::size_t longest_text_file = 1U << 20U;

/// Reads a whole file of UTF-8 text; a byte order mark at its start is dropped. Throws InputError
/// if it is missing, no file, empty, longer than longest_text_file, or not UTF-8 (with the line).
std::string read_text_file(const std::filesystem::path& file);

/// The number of the first byte that is no UTF-8 text (a zero byte included), or text.size() if all
/// of it is.
std::size_t utf8_length(std::string_view text);

}  // namespace bmsrig
