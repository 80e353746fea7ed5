#include "rig/link/breach.h"

namespace bmsrig::link {

std::string quote(std::string_view text) {
    constexpr std::size_t longest = 200;
    constexpr std::string_view hex = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text.substr(0, longest)) {
        if (c >= ' ' && c <= '~') {
            quoted += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            quoted += "\\x";
            quoted += hex[byte >> 4];
            quoted += hex[byte & 15];
        }
    }
    quoted += '"';
    if (text.size() > longest) quoted += "... (" + std::to_string(text.size()) + " characters)";
    return quoted;
}

}  // namespace bmsrig::link
