#include "reports/transcript.h"

#include "reports/utf8.h"

namespace bmsrig {

namespace {

constexpr std::size_t block_bytes = 64U << 10U;
/// A UUT that is restarted often has many sessions with a few lines each; together they may not
/// grow without end.
constexpr std::size_t most_waiting_bytes = 1U << 20U;

}  // namespace

void TranscriptCollector::add(int session, char who, std::string_view line) {
    Session& target = sessions_[session];
    const std::size_t before = target.text.size();
    std::string scratch;
    target.text += who;
    target.text += ' ';
    for (const char c : valid_utf8(line, scratch)) {
        if (c == '\n') {
            target.text += "\xEF\xBF\xBD";
        } else {
            target.text += c;
        }
    }
    target.text += '\n';
    waiting_ += target.text.size() - before;
    if (target.text.size() >= block_bytes) store(session, target);
    if (waiting_ >= most_waiting_bytes) {
        for (auto& [number, each] : sessions_) store(number, each);
    }
}

void TranscriptCollector::finish() {
    for (auto& [number, session] : sessions_) store(number, session);
    sessions_.clear();
}

void TranscriptCollector::store(int number, Session& session) {
    if (session.text.empty()) return;
    const std::string text = std::move(session.text);
    session.text.clear();
    waiting_ -= text.size();
    store_(number, session.blocks++, text);
}

}  // namespace bmsrig
