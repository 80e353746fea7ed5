// A running BMS process above its carrier: everything that both carriers have in common.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/link/breach.h"
#include "rig/link/carrier.h"
#include "rig/link/line_codec.h"
#include "rig/link/log_tail.h"

namespace bmsrig::link {

/// Checks the contract on both sides, keeps the log's tail and writes the transcript.
class Session final : public Link, private LogTaker {
  public:
    using CarrierFactory = std::function<std::unique_ptr<Carrier>(LogTaker&)>;

    /// Makes the carrier, which starts the process, and reads the greeting. `command` is for
    /// messages.
    Session(std::string command, TranscriptSink sink, const CarrierFactory& make_carrier,
            LogSink log = {});

    [[nodiscard]] const Greeting& greeting() const override { return reader_.greeting(); }
    void exchange(Instant now, std::span<const PortValue> inputs, std::span<const Payload> payloads,
                  Answer& answer) override;
    void stop() override;
    [[nodiscard]] std::string log_tail() const override { return log_.text(); }
    [[nodiscard]] LinkCounts counts() const override { return counts_; }

  private:
    enum class State : unsigned char { running, interrupted, ended };

    void take_log_line(std::string_view line) override;
    void read_greeting();
    void prepare();
    void check_call(const Call& call);
    void check_payloads(const Call& call) const;
    void carry(const Call& call, Answer& answer);
    void check_answer(const Call& call, const Answer& answer);
    void check_outputs(const Answer& answer);
    [[noreturn]] void fail(const Breach& breach);
    [[nodiscard]] std::string name() const;

    std::string command_;
    TranscriptSink sink_;
    LogSink log_sink_;
    LogTail log_;
    LinkCounts counts_;
    GreetingReader reader_;
    std::optional<LineCodec> codec_;
    std::unique_ptr<Carrier> carrier_;
    State state_ = State::running;
    std::string failure_;  // the text of the LinkError that ended it

    // The conversation so far.
    bool called_ = false;
    Instant now_;
    std::optional<Instant> next_;
    int calls_at_now_ = 0;
    std::string call_line_;
    std::string answer_line_;
    std::size_t input_count_ = 0;
    std::size_t output_count_ = 0;
    std::size_t longest_call_ = 0;      // in bytes, with every input and no payload
    std::vector<std::uint64_t> named_;  // by port: the call or answer that named it last
    std::uint64_t call_number_ = 0;
};

}  // namespace bmsrig::link
