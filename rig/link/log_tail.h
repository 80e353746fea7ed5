// The last lines of a BMS process's log.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace bmsrig::link {

/// Keeps the newest 20 lines, each cut after 1,000 bytes, so that a process may log without end.
class LogTail {
  public:
    void add(std::string_view line);
    /// The lines, oldest first, each but the last with a line feed.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return lines_.empty(); }

  private:
    std::deque<std::string> lines_;
};

}  // namespace bmsrig::link
