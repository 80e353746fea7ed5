#include "reports/utf8.h"

#include <cstdint>
#include <cstring>

namespace bmsrig {

namespace {

/// Length of the well-formed character at the start of the text (Unicode standard, table 3-7), or
/// 0.
std::size_t character_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    unsigned char low = 0x80;  // bounds of the second byte; they are narrower for a few leads
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    }
    if (length == 0 || text.size() < length || at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (at(i) < 0x80 || at(i) > 0xBF) return 0;
    }
    return length;
}

/// How many bytes from the start are valid.
std::size_t valid_prefix(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        // Eight plain characters at a time: nearly all text is plain.
        std::uint64_t eight = 0;
        if (text.size() - done >= sizeof eight) {
            std::memcpy(&eight, text.data() + done, sizeof eight);
            if ((eight & 0x8080808080808080U) == 0) {
                done += sizeof eight;
                continue;
            }
        }
        const std::size_t length = character_length(text.substr(done));
        if (length == 0) break;
        done += length;
    }
    return done;
}

}  // namespace

std::string_view valid_utf8(std::string_view text, std::string& scratch) {
    std::size_t valid = valid_prefix(text);
    if (valid == text.size()) return text;
    scratch.clear();
    while (true) {
        scratch += text.substr(0, valid);
        if (valid == text.size()) return scratch;
        scratch += "\xEF\xBF\xBD";
        text.remove_prefix(valid + 1);
        valid = valid_prefix(text);
    }
}

}  // namespace bmsrig
