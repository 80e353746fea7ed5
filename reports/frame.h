// A frame: a magic word and zstd-compressed bytes with a checksum, the outer form of every block in
// a record.
#pragma once

#include <string>
#include <string_view>

namespace bmsrig {

/// `magic` is four characters and says what the frame holds.
std::string pack_frame(std::string_view magic, std::string_view content, int level);
/// Throws InputError that says what is wrong if the bytes are no frame of this magic, cut short or
/// damaged. `what` names the thing in that message: "a block of changes".
std::string unpack_frame(std::string_view magic, std::string_view frame, std::string_view what);

}  // namespace bmsrig
