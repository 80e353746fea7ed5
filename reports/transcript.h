// A transcript: the lines that rig and UUT exchanged, collected into blocks before they are stored.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace bmsrig {

/// Collects the lines of one test's sessions. A line is stored as who wrote it, a blank, the line
/// and LF:
/// "> at 0 supply=13.2". A line feed inside a line, which would make two of it, is stored as
/// U+FFFD, and so are bytes that are not UTF-8.
class TranscriptCollector {
  public:
    /// Takes a block of whole lines; blocks of a session count from 0.
    using Store = std::function<void(int session, int block, std::string_view text)>;

    explicit TranscriptCollector(Store store) : store_(std::move(store)) {}

    void add(int session, char who, std::string_view line);
    /// Stores what is left of every session and forgets them all.
    void finish();

  private:
    struct Session {
        std::string text;
        int blocks = 0;
    };
    void store(int number, Session& session);

    Store store_;
    std::map<int, Session> sessions_;
    std::size_t waiting_ = 0;  // bytes in all sessions
};

}  // namespace bmsrig
