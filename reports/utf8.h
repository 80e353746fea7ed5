// UTF-8: whatever a UUT or a person wrote becomes text that every reader of a record can decode.
#pragma once

#include <string>
#include <string_view>

namespace bmsrig {

/// The text itself if it is valid UTF-8 (the usual case, nothing is copied); otherwise `scratch`,
/// filled with the text in which U+FFFD stands for each byte that does not belong. Surrogates and
/// overlong forms do not belong.
std::string_view valid_utf8(std::string_view text, std::string& scratch);

}  // namespace bmsrig
