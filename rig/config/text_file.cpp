#include "rig/config/text_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <system_error>

#include "rig/error.h"

namespace bmsrig {

namespace {

/// What a first byte promises: how many bytes follow, and the smallest code that needs so many.
struct Lead {
    unsigned char mask;
    unsigned char pattern;
    unsigned int following;
    char32_t smallest;
};
constexpr std::array<Lead, 4> leads{{{0x80, 0x00, 0, 0x01},
                                     {0xE0, 0xC0, 1, 0x80},
                                     {0xF0, 0xE0, 2, 0x800},
                                     {0xF8, 0xF0, 3, 0x10000}}};

/// How many bytes the character at the start of `text` has; 0 if there is none.
std::size_t character_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    for (const Lead& lead : leads) {
        if ((first & lead.mask) != lead.pattern) continue;
        if (text.size() <= lead.following) return 0;
        auto code = static_cast<char32_t>(first & static_cast<unsigned char>(~lead.mask));
        for (std::size_t i = 1; i <= lead.following; ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            if ((byte & 0xC0U) != 0x80U) return 0;
            code = (code << 6U) | (byte & 0x3FU);
        }
        const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code < lead.smallest || code > 0x10FFFF || is_surrogate ? 0 : lead.following + 1;
    }
    return 0;
}

std::string read_bytes(const std::filesystem::path& file) {
    std::error_code problem;
    const auto status = std::filesystem::status(file, problem);
    if (!std::filesystem::exists(status)) {
        throw InputError(file.string(), 0, "there is no such file");
    }
    // A device or a pipe could keep us waiting for ever.
    if (!std::filesystem::is_regular_file(status)) {
        throw InputError(file.string(), 0, "is no file; expected a text file");
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw InputError(file.string(), 0, "cannot be read; look at its permissions");
    std::string text(longest_text_file + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const std::size_t length = character_length(text.substr(done));
        if (length == 0) break;
        done += length;
    }
    return done;
}

std::string read_text_file(const std::filesystem::path& file) {
    std::string text = read_bytes(file);
    if (text.size() > longest_text_file) {
        throw InputError(file.string(), 0,
                         "is longer than " + std::to_string(longest_text_file) +
                             " bytes; is it the right file?");
    }
    if (text.empty()) throw InputError(file.string(), 0, "is empty");
    if (const std::size_t good = utf8_length(text); good < text.size()) {
        const auto line =
            1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(good), '\n');
        throw InputError(file.string(), static_cast<int>(line),
                         "is not UTF-8 text; save it with that encoding");
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    return text;
}

}  // namespace bmsrig
