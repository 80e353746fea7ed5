// The transcript of a conversation with a BMS process, as a text file.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/link/link.h"

namespace bmsrig::link {

/// A line of the conversation.
struct TranscriptLine {
    char who = '>';    ///< '>' from the rig, '<' from the process, '!' from its log
    std::string text;  ///< without its line feed
    int number = 0;    ///< in the file, from 1
    bool operator==(const TranscriptLine&) const = default;
};

/// A file of lines: "# <name> <value>" first, such as "# command ./my_bms --set cells=8", then the
/// conversation, each line with its mark and a blank before it: "> at 0 supply=13.2".
class Transcript {
  public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    /// `name` is for messages. Throws InputError with name and line number.
    static Transcript parse(std::string_view text, std::string name);
    /// Throws InputError if the file cannot be read or is no transcript.
    static Transcript read(const std::filesystem::path& file);

    [[nodiscard]] const Headers& headers() const { return headers_; }
    /// The first header of this name; empty if there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] const std::vector<TranscriptLine>& lines() const { return lines_; }
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_;
    Headers headers_;
    std::vector<TranscriptLine> lines_;
};

/// Writes a transcript as it happens; bytes that would break a line apart are written as '?'.
class TranscriptWriter {
  public:
    /// Throws Error if the file cannot be written.
    TranscriptWriter(const std::filesystem::path& file, const Transcript::Headers& headers);

    /// Throws Error if the file cannot be written.
    void add(char who, std::string_view line);
    /// Writes what is left. Throws Error if that fails; the destructor does the same in silence.
    void close();
    /// For Link::start; the writer must outlive the Link.
    [[nodiscard]] TranscriptSink sink() {
        return [this](char who, std::string_view line) { add(who, line); };
    }

  private:
    void write(std::string_view mark, std::string_view text);
    void check() const;

    std::filesystem::path path_;
    std::ofstream file_;
};

}  // namespace bmsrig::link
