#include "rig/link/log_tail.h"

namespace bmsrig::link {

void LogTail::add(std::string_view line) {
    constexpr std::size_t most_lines = 20;
    constexpr std::size_t most_bytes = 1000;
    lines_.emplace_back(line.substr(0, most_bytes));
    if (line.size() > most_bytes) lines_.back() += "...";
    if (lines_.size() > most_lines) lines_.pop_front();
}

std::string LogTail::text() const {
    std::string text;
    for (const std::string& line : lines_) {
        if (&line != &lines_.front()) text += '\n';
        text += line;
    }
    return text;
}

}  // namespace bmsrig::link
