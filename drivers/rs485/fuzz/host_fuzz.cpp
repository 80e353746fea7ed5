// A host hears anything at any time: it sends only what it was asked to, after silence, comes to an
// end, and believes only what fits. The input: which exchange, then a list of records: a kind, a
// delay in ms, a length, so many bytes, which are heard as they are or as the payload of a frame of
// the unit.
#include "drivers/rs485/host.h"

#include <cmath>

#include "drivers/rs485/fuzz/property.h"

using namespace bmsrig::rs485;

namespace {

using std::chrono::milliseconds;

constexpr int retries = 1;
constexpr int most_sent = (retries + 1) * 2;  // a write and its read-back, or two names

/// Plays the input against a host.
class Game {
  public:
    /// The first byte chooses the instruction.
    explicit Game(Byte choice) : instruction_(rec_2q().instructions[choice % count()]) {
        if (instruction_.is_setting() && choice >= count()) {
            host_.write(instruction_.name, instruction_.maximum, now_);
            writes_ = true;
        } else if (instruction_.is_readable()) {
            host_.query(instruction_.name, now_);
        } else {
            host_.command(instruction_.name, Arming::armed, now_);
        }
    }

    void hear(std::span<const Byte> bytes, Time delay) {
        run_until(now_ + delay);
        if (bytes.empty()) return;
        host_.received(bytes, now_);
        heard_ = now_;
    }
    void hear_frame(std::span<const Byte> payload, bool is_turned, Time delay) {
        const Frame frame = is_turned ? Frame{1, 0, payload} : Frame{0, 1, payload};
        hear(encode(frame).bytes(), delay);
    }

    void end() {
        // Now nobody answers: what may still be sent, each with its timeout and a pause.
        run_until(now_ + (most_sent + 3) * milliseconds(800));
        require(!host_.is_pending() && !host_.due(), "an exchange comes to an end");
        const Reply& reply = host_.reply();
        require(reply.outcome != Outcome::pending, "an end has an outcome");
        require((reply.outcome == Outcome::answered) == reply.problem.empty(),
                "whatever is no answer is said in words");
        if (instruction_.is_number()) require(std::isfinite(reply.number), "a number is finite");
        if (writes_ && reply.outcome == Outcome::answered) {
            const double difference = std::abs(reply.number - instruction_.maximum);
            const double tolerance =
                std::max(0.5 * std::pow(10, -instruction_.decimals), 1e-4 * instruction_.maximum);
            require(difference <= tolerance * 1.001, "a write is read back as written");
        }
    }

  private:
    static std::size_t count() { return rec_2q().instructions.size(); }

    void run_until(Time end) {
        for (int turns = 0; host_.due() && *host_.due() <= end; ++turns) {
            require(turns < 1000, "time goes on");
            now_ = std::max(now_, *host_.due());
            listen(host_.advance(now_));
        }
        now_ = end;
    }

    void listen(std::span<const Byte> sent) {
        if (sent.empty()) return;
        require(++sent_ <= most_sent, "nothing is sent more often than allowed");
        require(now_ >= heard_ + milliseconds(20), "nothing is sent without silence before");
        const std::vector<std::vector<Byte>> frames = frames_found_plainly(sent);
        require(frames.size() == 1 && frames[0].size() == sent.size(), "a frame is sent");
        const std::string_view text = text_of(sent.subspan(4, sent.size() - 7));
        const bool is_other_name = instruction_.name == "WCIB"_name && text.substr(0, 4) == "WCBI";
        require(sent[1] == 1 && sent[2] == 0, "the frame is for the unit");
        require(text.substr(0, 4) == instruction_.mnemonic || is_other_name,
                "only what was asked for is sent");
    }

    const Instruction& instruction_;
    Host host_{rec_2q(), {.retries = retries}};
    bool writes_ = false;
    int sent_ = 0;
    Time now_ = milliseconds(1000);
    Time heard_{0};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Game game(data[0]);
    std::span<const Byte> rest{data + 1, size - 1};
    while (rest.size() >= 3) {
        const Byte kind = rest[0];
        const Time delay = milliseconds(rest[1]);
        const std::size_t length = std::min<std::size_t>(rest[2], rest.size() - 3);
        const std::span<const Byte> bytes = rest.subspan(3, length);
        rest = rest.subspan(3 + length);
        if ((kind & 1U) == 0) {
            game.hear_frame(bytes, (kind & 2U) != 0, delay);
        } else {
            game.hear(bytes, delay);
        }
    }
    game.end();
    return 0;
}
