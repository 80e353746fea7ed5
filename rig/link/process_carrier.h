// Carries the conversation as lines over the pipes of a started process.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rig/link/carrier.h"
#include "rig/link/child_process.h"
#include "rig/link/one_processor.h"

namespace bmsrig::link {

struct Timeouts {
    Duration greeting;
    Duration answer;
    Duration stop;
    bool shares_processor = false;
};

/// The process's standard error is read whenever the rig waits for it, so that logging never holds
/// it up, and before each of its lines, so that a log line comes before the answer that it
/// preceded.
class ProcessCarrier final : public Carrier {
  public:
    ProcessCarrier(const std::vector<std::string>& arguments, const Timeouts& timeouts,
                   LogTaker& log);
    ~ProcessCarrier() override;
    ProcessCarrier(const ProcessCarrier&) = delete;
    ProcessCarrier& operator=(const ProcessCarrier&) = delete;

    std::string_view greeting_line() override;
    void greeted(const Greeting& greeting) override;
    [[nodiscard]] bool needs_line() const override { return true; }
    std::string_view answer(const Call& call, std::string_view line, Answer& answer) override;
    void stop() override;
    std::string end() noexcept override;

  private:
    using Deadline = std::chrono::steady_clock::time_point;

    void send(std::string_view line);
    std::string_view receive();
    std::string_view take_line(std::size_t length);
    bool fill();
    bool wait_for(int descriptor, short events, bool interruptible);
    bool wait_for_exit(Duration time, bool interruptible);
    void refuse_unasked();
    void look_for_unasked();
    void begin(Duration time, const char* what);
    [[noreturn]] void fail_late();
    [[noreturn]] void fail_at_end();
    void read_log();
    void take_log(std::string_view text);
    void finish_log();

    Timeouts timeouts_;
    LogTaker& log_;
    std::unique_ptr<OneProcessor> one_processor_;  // before the process, which inherits it
    ChildProcess process_;
    Deadline deadline_;
    Duration time_{};          // that the deadline was set from
    const char* doing_ = "";   // "gave no answer"
    std::vector<char> input_;  // bytes from its standard output, [begin_, end_) not taken yet
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t answers_ = 0;
    std::string output_;    // the line that is being sent
    std::string log_line_;  // the beginning of a line of its log
    std::string ended_;
};

}  // namespace bmsrig::link
