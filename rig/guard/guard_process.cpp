#include "rig/guard/guard_process.h"

extern "C" {  // glibc 2.36 forgot this in its header
#include <sys/pidfd.h>
}
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <system_error>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::int64_t ms = 1'000'000;
/// What an instrument may take to answer that its outputs are off.
constexpr std::int64_t time_to_act = 2000 * ms;
/// For the kernel to end a killed process; then the guard writes all the same.
constexpr int time_to_die_ms = 20;
/// For a terminal to take the guard's report.
constexpr int time_to_tell_ms = 100;

int poll_all(pollfd* waited, nfds_t count, int timeout_ms) {
    int ready = 0;
    while ((ready = ::poll(waited, count, timeout_ms)) < 0 && errno == EINTR) {
    }
    return ready;
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::write(descriptor, text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
}

}  // namespace

GuardProcess::GuardProcess(link::FileDescriptor socket, std::string means)
    : socket_(std::move(socket)), rig_(::pidfd_open(::getppid(), 0)), means_(std::move(means)) {
    if (!rig_.is_open()) throw std::system_error(errno, std::system_category(), "pidfd_open");
}

int GuardProcess::run() {
    for (;;) {
        const Event event = wait();
        if (event == Event::rig_is_gone) {
            if (armed_ == nullptr) return 0;
            return act("ended before it had made the bench safe");
        }
        if (event == Event::message) {
            auto message = GuardMessage::receive(socket_.number());
            if (message) {
                heed(std::move(*message));
                continue;
            }
            if (armed_ == nullptr) return 0;
            return act("ended before it had made the bench safe");
        }
        if (armed_ == nullptr) continue;
        if (GuardReport why; watcher_->is_hung(monotonic_ns(), why)) {
            kill_rig();
            why.add("; it was killed");
            return act(why.text());
        }
    }
}

/// Messages first: what the rig has said still holds when it is gone.
GuardProcess::Event GuardProcess::wait() {
    int timeout_ms = -1;
    if (armed_ != nullptr) {
        const std::int64_t now = monotonic_ns();
        timeout_ms = static_cast<int>((watcher_->next_look(now) - now + ms - 1) / ms);
    }
    std::array<pollfd, 2> waited{pollfd{socket_.number(), POLLIN, 0},
                                 pollfd{rig_.number(), POLLIN, 0}};
    poll_all(waited.data(), waited.size(), timeout_ms);
    if (waited[0].revents != 0) return Event::message;
    return waited[1].revents != 0 ? Event::rig_is_gone : Event::nothing;
}

void GuardProcess::heed(GuardMessage message) {
    try {
        switch (message.word()) {
            case GuardWord::hello:
                meet(message);
                return answer(GuardWord::ready, means_);
            case GuardWord::begin:
                coming_.clear();
                problem_.clear();
                return;
            case GuardWord::action:
                coming_.push_back(action_of(message));
                return;
            case GuardWord::arm:
                return arm(message.take_number() != 0);
            case GuardWord::disarm:
                armed_.reset();
                return answer(GuardWord::done);
            case GuardWord::ready:
            case GuardWord::done:
            case GuardWord::refused:
                throw Error("the rig has said what only the guard says");
        }
    } catch (const std::exception& problem) {
        problem_ = problem.what();  // told when the list is complete
    }
}

/// A list with a mistake changes nothing: what was armed stays so.
void GuardProcess::arm(bool are_all) {
    if (problem_.empty()) {
        std::vector<GuardedAction> actions = std::move(coming_);
        if (!are_all && armed_ != nullptr) {
            for (GuardedAction& former : armed_->take_back()) {
                const auto is_of_it = [&](const GuardedAction& each) {
                    return each.action.instrument == former.action.instrument;
                };
                if (std::ranges::none_of(actions, is_of_it)) actions.push_back(std::move(former));
            }
        }
        armed_ = std::make_unique<SafeWriter>(std::move(actions));
    }
    coming_.clear();
    answer(problem_.empty() ? GuardWord::done : GuardWord::refused, problem_);
}

void GuardProcess::meet(GuardMessage& hello) {
    const std::int64_t silence = hello.take_number();
    const std::int64_t stuck = hello.take_number();
    bench_ = hello.take_text();
    marker_ = hello.take_text();
    report_file_ = hello.take_text();
    page_.emplace(hello.take_descriptor());
    lock_ = hello.take_descriptor();
    watcher_.emplace(*page_, ::getppid(), silence, stuck);
}

void GuardProcess::answer(GuardWord word, std::string_view text) {
    try {
        GuardMessage(word).add(text).send(socket_.number());
    } catch (const std::system_error&) {
        return;  // the rig is gone, as the next wait will see
    }
}

/// A rig that comes back would switch its outputs on again, and its lines are free only when it has
/// ended. Its process alone: its group may be that of a script which runs more than the rig.
void GuardProcess::kill_rig() {
    ::pidfd_send_signal(rig_.number(), SIGKILL, nullptr, 0);
    pollfd ended{rig_.number(), POLLIN, 0};
    poll_all(&ended, 1, time_to_die_ms);
}

int GuardProcess::act(std::string_view why) {
    const std::int64_t began = monotonic_ns();
    const bool is_safe = armed_->run(began + time_to_act);
    const std::int64_t took = monotonic_ns() - began;
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> stamp{};
    const std::size_t size =
        std::strftime(stamp.data(), stamp.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    report_.add("guard:   ").add({stamp.data(), size}).add(": the rig ").add(why).add("\n");
    report_.add("guard:   the bench is ").add(is_safe ? "safe" : "NOT safe").add(", ");
    report_.add_ms(took).add(" after that was noticed\n");
    if (!is_safe) {
        report_.add("guard:   switch off by hand what follows after \"not done\", then run: ");
        report_.add("bmsrig make-safe --bench ").add(bench_).add("\n");
    }
    armed_->tell(report_);
    tell(is_safe);
    return is_safe ? 0 : 1;
}

/// The files first: a terminal may not listen.
void GuardProcess::tell(bool is_safe) {
    const int report = ::open(report_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (report >= 0) {
        write_all(report, report_.text());
        ::close(report);
    }
    if (is_safe) {
        ::unlink(marker_.c_str());
    } else if (const int marker = ::open(marker_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
               marker >= 0) {
        write_all(marker, report_.text());
        ::fsync(marker);
        ::close(marker);
    }
    pollfd terminal{STDERR_FILENO, POLLOUT, 0};
    if (poll_all(&terminal, 1, time_to_tell_ms) > 0) {
        write_all(STDERR_FILENO, report_.text().substr(0, PIPE_BUF));
    }
}

}  // namespace bmsrig
