#include "rig/link/replay.h"

#include <vector>

#include "rig/error.h"
#include "rig/link/breach.h"
#include "rig/link/line_codec.h"

namespace bmsrig::link {

namespace {

class Replay {
  public:
    explicit Replay(const Transcript& transcript) : transcript_(transcript) {
        for (const TranscriptLine& line : transcript.lines()) {
            if (line.who == '<') answers_.push_back(&line);
            if (line.who == '>') calls_.push_back(&line);
        }
    }

    std::optional<Difference> run(const Command& command) {
        try {
            converse(command);
        } catch (const LinkError&) {
            // A difference says more; and a transcript may end with the same breach.
            if (!difference_ && compared_ < answers_.size()) throw;
        }
        return difference_;
    }

  private:
    void converse(const Command& command) {
        const auto link = Link::start(command, [this](char who, std::string_view text) {
            if (who == '<') compare(text);
        });
        LineCodec codec(link->greeting());
        for (const TranscriptLine* call : calls_) {
            if (difference_) return;
            if (call->text == "stop") {
                link->stop();
                break;
            }
            play(*link, codec, *call);
        }
        if (!difference_ && compared_ < answers_.size()) {
            difference_ = {answers_[compared_]->number, answers_[compared_]->text, {}};
        }
    }

    void play(Link& link, LineCodec& codec, const TranscriptLine& call) {
        inputs_.clear();
        payloads_.clear();
        Instant now;
        try {
            now = codec.read_call(call.text, inputs_, payloads_);
        } catch (const Breach& breach) {
            throw InputError(
                transcript_.name(), call.number,
                quote(call.text) + ": " + breach.what + "; expected " + breach.expected);
        }
        link.exchange(now, inputs_, payloads_, answer_);
    }

    void compare(std::string_view seen) {
        if (difference_) return;
        if (compared_ == answers_.size()) {
            difference_ = {transcript_.lines().empty() ? 1 : transcript_.lines().back().number + 1,
                           {},
                           std::string(seen)};
        } else if (answers_[compared_]->text != seen) {
            difference_ = {answers_[compared_]->number, answers_[compared_]->text,
                           std::string(seen)};
        } else {
            ++compared_;
        }
    }

    const Transcript& transcript_;
    std::vector<const TranscriptLine*> answers_;
    std::vector<const TranscriptLine*> calls_;
    std::size_t compared_ = 0;  // answers found equal
    std::optional<Difference> difference_;
    std::vector<PortValue> inputs_;
    std::vector<Payload> payloads_;
    Answer answer_;
};

}  // namespace

std::string Difference::describe(const Transcript& transcript) const {
    const auto in_words = [](const std::string& text) {
        return text.empty() ? std::string("nothing") : quote(text);
    };
    return transcript.name() + ":" + std::to_string(line) + ": expected " + in_words(expected) +
           ", seen " + in_words(seen);
}

std::optional<Difference> replay(const Transcript& transcript, const Command& command) {
    return Replay(transcript).run(command);
}

}  // namespace bmsrig::link
