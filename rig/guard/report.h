// What the guard tells of what it did, in memory that it has from its start.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bmsrig {

/// Text of a limited length; what does not fit is left out.
class GuardReport {
  public:
    GuardReport& add(std::string_view more) {
        const std::size_t size = std::min(more.size(), text_.size() - size_);
        more.copy(text_.data() + size_, size);
        size_ += size;
        return *this;
    }
    GuardReport& add(std::int64_t number) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    /// What an instrument says, in quotes and on one line: without its line end, what cannot be
    /// printed as "?".
    GuardReport& add_quoted(std::string_view answer) {
        while (answer.ends_with('\n') || answer.ends_with('\r')) answer.remove_suffix(1);
        add("\"");
        for (const char each : answer) add({is_printable(each) ? &each : "?", 1});
        return add("\"");
    }
    /// Nanoseconds as milliseconds with one decimal.
    GuardReport& add_ms(std::int64_t ns) {
        return add(ns / 1'000'000).add(".").add(ns / 100'000 % 10).add(" ms");
    }
    [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
    /// The same for the operating system; ends at the first zero.
    [[nodiscard]] const char* c_str() {
        text_.at(std::min(size_, text_.size() - 1)) = '\0';
        return text_.data();
    }

  private:
    static bool is_printable(char each) { return each >= ' ' && each <= '~'; }

    std::array<char, 16384> text_{};
    std::size_t size_ = 0;
};

}  // namespace bmsrig
