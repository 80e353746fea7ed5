#include "rig/link/transcript.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "rig/error.h"
#include "rig/link/breach.h"

namespace bmsrig::link {

namespace {

constexpr std::string_view expected =
    "expected \"# <name> <value>\" lines, then lines that begin with \"> \", \"< \" or \"! \"";

std::pair<std::string, std::string> read_header(std::string_view line) {
    line.remove_prefix(2);
    const std::size_t blank = line.find(' ');
    return {std::string(line.substr(0, blank)),
            blank == std::string_view::npos ? std::string() : std::string(line.substr(blank + 1))};
}

}  // namespace

Transcript Transcript::parse(std::string_view text, std::string name) {
    Transcript transcript;
    transcript.name_ = std::move(name);
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            throw InputError(transcript.name_, number,
                             "the last line has no line feed: the file is cut off");
        }
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const bool marked = line.size() >= 2 && line[1] == ' ';
        if (marked && line[0] == '#' && transcript.lines_.empty()) {
            transcript.headers_.push_back(read_header(line));
        } else if (marked && (line[0] == '>' || line[0] == '<' || line[0] == '!')) {
            transcript.lines_.push_back({line[0], std::string(line.substr(2)), number});
        } else {
            throw InputError(transcript.name_, number, quote(line) + ": " + std::string(expected));
        }
    }
    return transcript;
}

Transcript Transcript::read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream)
        throw InputError(file.string(), 0,
                         "the transcript cannot be read: " + std::string(std::strerror(errno)));
    return parse(text, file.string());
}

std::string Transcript::header(std::string_view name) const {
    const auto found =
        std::ranges::find(headers_, name, &std::pair<std::string, std::string>::first);
    return found == headers_.end() ? std::string() : found->second;
}

TranscriptWriter::TranscriptWriter(const std::filesystem::path& file,
                                   const Transcript::Headers& headers)
    : path_(file), file_(file, std::ios::binary | std::ios::trunc) {
    for (const auto& [name, value] : headers) write("# ", name + " " + value);
    file_.flush();
    check();
}

void TranscriptWriter::check() const {
    if (!file_)
        throw Error(path_.string() + ": the transcript cannot be written: " + std::strerror(errno));
}

void TranscriptWriter::close() {
    file_.close();
    check();
}

void TranscriptWriter::add(char who, std::string_view line) {
    const std::array<char, 2> mark{who, ' '};
    write({mark.data(), mark.size()}, line);
}

void TranscriptWriter::write(std::string_view mark, std::string_view text) {
    file_ << mark;
    std::ranges::transform(text, std::ostreambuf_iterator<char>(file_),
                           [](char c) { return c == '\n' ? '?' : c; });
    file_ << '\n';
    check();
}

}  // namespace bmsrig::link
