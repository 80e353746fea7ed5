#include "rig/link/process_carrier.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "rig/link/breach.h"
#include "rig/link/interrupt.h"
#include "rig/time.h"

namespace bmsrig::link {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration longest_wait =
    std::chrono::milliseconds{100};  // between two looks at the operator
constexpr Duration time_to_exit =
    std::chrono::milliseconds{500};  // after a process has closed its pipe
constexpr std::uint64_t answers_between_looks = 16;
constexpr int most_log_reads = 16;  // in a row: its answer wants to be read too

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

ProcessCarrier::ProcessCarrier(const std::vector<std::string>& arguments, const Timeouts& timeouts,
                               LogTaker& log)
    : timeouts_(timeouts),
      log_(log),
      one_processor_(timeouts.shares_processor ? std::make_unique<OneProcessor>() : nullptr),
      process_(arguments),
      input_(2 * longest_line) {
    begin(timeouts_.greeting, "gave no greeting");
}

ProcessCarrier::~ProcessCarrier() {
    end();
}

void ProcessCarrier::begin(Duration time, const char* what) {
    time_ = time;
    doing_ = what;
    deadline_ = Clock::now() + time;
}

std::string_view ProcessCarrier::greeting_line() {
    return receive();
}

void ProcessCarrier::greeted(const Greeting& /*greeting*/) {
    refuse_unasked();
}

std::string_view ProcessCarrier::answer(const Call& /*call*/, std::string_view line,
                                        Answer& /*answer*/) {
    begin(timeouts_.answer, "gave no answer");
    // A line too many would be taken for the next call's answer, and so on to the end: looking now
    // and then, and before stop, finds it, and costs less than looking every time.
    if (++answers_ % answers_between_looks == 0) look_for_unasked();
    send(line);
    const std::string_view answer = receive();
    refuse_unasked();
    return answer;
}

void ProcessCarrier::refuse_unasked() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
        return;
    }
    throw Breach{"spoke without having been called", "one line for each call, and nothing more",
                 std::string(input_.data() + begin_, end_ - begin_)};
}

void ProcessCarrier::look_for_unasked() {
    if (!fill()) fail_at_end();
    refuse_unasked();
}

void ProcessCarrier::send(std::string_view line) {
    output_ = line;
    output_ += '\n';
    std::size_t sent = 0;
    while (sent < output_.size()) {
        const ssize_t count =
            ::write(process_.standard_input.number(), output_.data() + sent, output_.size() - sent);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
        } else if (errno == EPIPE) {
            fail_at_end();
        } else if (errno == EAGAIN) {
            if (!wait_for(process_.standard_input.number(), POLLOUT, true)) fail_late();
        } else if (errno != EINTR) {
            throw_errno("write to the BMS process");
        }
    }
}

std::string_view ProcessCarrier::receive() {
    std::size_t searched = 0;
    while (true) {
        const char* const unread = input_.data() + begin_;
        const void* const line_feed =
            std::memchr(unread + searched, '\n', end_ - begin_ - searched);
        if (line_feed != nullptr)
            return take_line(
                static_cast<std::size_t>(static_cast<const char*>(line_feed) - unread));
        searched = end_ - begin_;
        if (searched >= longest_line) {
            throw Breach{"sent a line that is too long, or has no end",
                         "lines of 65,536 bytes at most", std::string(unread, searched)};
        }
        if (begin_ > 0) {  // room for the longest line behind the beginning of this one
            std::memmove(input_.data(), unread, searched);
            begin_ = 0;
            end_ = searched;
        }
        if (!wait_for(process_.standard_output.number(), POLLIN, true)) fail_late();
        if (!fill()) fail_at_end();
    }
}

std::string_view ProcessCarrier::take_line(std::size_t length) {
    const std::string_view line(input_.data() + begin_, length);
    if (length + 1 > longest_line) {
        throw Breach{"sent a line that is too long", "lines of 65,536 bytes at most",
                     std::string(line)};
    }
    begin_ += length + 1;
    return line;
}

/// Reads what its standard output has; false at its end.
bool ProcessCarrier::fill() {
    const ssize_t count =
        ::read(process_.standard_output.number(), input_.data() + end_, input_.size() - end_);
    if (count > 0) end_ += static_cast<std::size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR) throw_errno("read from the BMS process");
    return count != 0;
}

/// Waits until the descriptor is ready, and reads the log meanwhile; false if the deadline passes
/// first.
bool ProcessCarrier::wait_for(int descriptor, short events, bool interruptible) {
    while (true) {
        const Duration left = std::max<Duration>(deadline_ - Clock::now(), Duration::zero());
        const auto time =
            std::chrono::ceil<std::chrono::milliseconds>(std::min(left, longest_wait));
        // The kernel looks at them in this order. So what the process logged before it wrote its
        // line is seen with it.
        std::array<pollfd, 2> files{pollfd{descriptor, events, 0},
                                    pollfd{process_.standard_error.number(), POLLIN, 0}};
        const int ready = ::poll(files.data(), files.size(), static_cast<int>(time.count()));
        if (ready < 0 && errno != EINTR) throw_errno("poll");
        if (ready > 0 && files[1].revents != 0) read_log();
        if (ready > 0 && files[0].revents != 0) return true;
        if (left == Duration::zero()) return false;
        if (ready <= 0 && interruptible) check_interrupt();
    }
}

void ProcessCarrier::fail_late() {
    throw Breach{std::string(doing_) + " within " + format_duration(time_),
                 "a whole line, ended by a line feed",
                 std::string(input_.data() + begin_, end_ - begin_)};
}

void ProcessCarrier::fail_at_end() {
    if (wait_for_exit(time_to_exit, true)) {
        process_.reap();
        throw Breach{process_.how_it_ended() + " without having been stopped",
                     "a process that runs until stop",
                     std::string(input_.data() + begin_, end_ - begin_)};
    }
    throw Breach{"closed its pipe but went on running",
                 "a process that reads and writes until stop",
                 std::string(input_.data() + begin_, end_ - begin_)};
}

bool ProcessCarrier::wait_for_exit(Duration time, bool interruptible) {
    begin(time, "");
    return wait_for(process_.exit_descriptor(), POLLIN, interruptible);
}

void ProcessCarrier::stop() {
    begin(timeouts_.stop, "did not end");
    look_for_unasked();
    send("stop");
    process_.standard_input.close();
    // Not for the end of its output: a process that it has started may hold that open.
    const bool has_ended = wait_for(process_.exit_descriptor(), POLLIN, true);
    fill();
    const std::string said(input_.data() + begin_, end_ - begin_);
    const std::string expected = "an exit with status 0, without a word";
    if (!has_ended)
        throw Breach{"did not end within " + format_duration(time_) + " after stop", expected,
                     said};
    process_.reap();
    finish_log();
    ended_ = process_.how_it_ended();
    if (process_.exit_status() != 0) throw Breach{ended_ + " after stop", expected, said};
    if (!said.empty()) throw Breach{"went on speaking after stop", expected, said};
}

std::string ProcessCarrier::end() noexcept {
    if (!ended_.empty()) return ended_;
    try {
        std::string rigs_part;
        if (!process_.is_reaped() && !wait_for_exit(Duration::zero(), false)) {
            rigs_part = ", after the rig had terminated it";
            process_.signal_group(SIGTERM);
            process_.signal_group(SIGCONT);  // a stopped process could not end
            if (!wait_for_exit(timeouts_.stop, false))
                rigs_part = ", killed by the rig because it ignored SIGTERM";
        }
        process_.signal_group(SIGKILL);
        process_.reap();
        ended_ = process_.how_it_ended() + rigs_part;
        finish_log();
    } catch (...) {
        // Whoever keeps the log failed, or waiting did: the process must go all the same.
        process_.signal_group(SIGKILL);
        process_.reap();
        ended_ = process_.how_it_ended();
    }
    return ended_;
}

void ProcessCarrier::read_log() {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled by read
    std::array<char, 16'384> text;
    for (int i = 0; i < most_log_reads && process_.standard_error.is_open(); ++i) {
        const ssize_t count = ::read(process_.standard_error.number(), text.data(), text.size());
        if (count > 0) {
            take_log({text.data(), static_cast<std::size_t>(count)});
        } else if (count == 0) {
            process_.standard_error.close();
        } else if (errno != EINTR) {
            return;
        }
    }
}

void ProcessCarrier::take_log(std::string_view text) {
    while (!text.empty()) {
        const std::size_t room = longest_line - log_line_.size();
        const std::size_t length = std::min({text.find('\n'), room, text.size()});
        log_line_ += text.substr(0, length);
        text.remove_prefix(length);
        const bool is_whole = text.starts_with('\n');
        if (is_whole) text.remove_prefix(1);
        if (!is_whole && log_line_.size() < longest_line) return;
        log_.take_log_line(log_line_);
        log_line_.clear();
    }
}

void ProcessCarrier::finish_log() {
    read_log();
    if (log_line_.empty()) return;
    log_.take_log_line(log_line_);
    log_line_.clear();
}

}  // namespace bmsrig::link
