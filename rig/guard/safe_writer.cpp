#include "rig/guard/safe_writer.h"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "rig/guard/watch_page.h"

namespace bmsrig {

namespace {

constexpr int between_tries_ms = 1;
constexpr std::size_t most_input = 1 << 20;  // of a connection that never stops talking

ssize_t read_some(int descriptor, char* to, std::size_t size) {
    ssize_t got = 0;
    while ((got = ::read(descriptor, to, size)) < 0 && errno == EINTR) {
    }
    return got;
}

/// What shows that it is done; empty: no answer does.
std::string_view expected_of(const SafeAction& action) {
    if (action.kind != SafeAction::Kind::frame) return action.answer;
    return {reinterpret_cast<const char*>(action.bytes.data()), action.bytes.size()};
}

/// Two descriptors of one open connection, or of one port: the kernel has one node for it.
bool is_same_connection(const GuardedAction& one, const GuardedAction& other) {
    if (one.action.kind == SafeAction::Kind::lines || other.action.kind != one.action.kind) {
        return false;
    }
    struct stat a {};
    struct stat b {};
    return ::fstat(one.connection.number(), &a) == 0 &&
           ::fstat(other.connection.number(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool is_for_later(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK || problem == ENOBUFS;
}

}  // namespace

SafeWriter::SafeWriter(std::vector<GuardedAction> actions) : tasks_(actions.size()) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        tasks_[i].guarded = std::move(actions[i]);
        const auto before = std::ranges::find_if(present_, [&](std::size_t first) {
            return is_same_connection(tasks_[first].guarded, tasks_[i].guarded);
        });
        if (before == present_.end()) {
            present_.push_back(i);
            continue;
        }
        std::size_t last = *before;
        while (!tasks_[last].is_last) last = tasks_[last].next;
        tasks_[last].is_last = false;
        tasks_[last].next = i;
    }
    waited_.resize(present_.size());
}

std::vector<GuardedAction> SafeWriter::take_back() {
    std::vector<GuardedAction> actions;
    actions.reserve(tasks_.size());
    for (Task& task : tasks_) actions.push_back(std::move(task.guarded));
    tasks_.clear();
    present_.clear();
    return actions;
}

/// What came before is no answer to what is written now. The connection is ours alone: its other
/// end in the dead rig does not mind that it no longer waits.
void SafeWriter::forget_input(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    std::array<char, 4096> rest{};
    std::size_t read = 0;
    ssize_t got = 0;
    while (read < most_input && (got = read_some(descriptor, rest.data(), rest.size())) > 0) {
        read += static_cast<std::size_t>(got);
    }
}

bool SafeWriter::run(std::int64_t deadline) {
    forget_all_input();
    for (;;) {
        bool must_try_again = false;
        const std::size_t count = advance_all(must_try_again);
        const std::int64_t left = deadline - monotonic_ns();
        if (count == 0 || left <= 0) break;
        const int left_ms = static_cast<int>(left / 1'000'000) + 1;
        ::poll(waited_.data(), count, must_try_again ? between_tries_ms : left_ms);
    }
    // A connection that is closed with input unread takes back what its other end has not read yet.
    forget_all_input();
    return std::ranges::all_of(tasks_, [](const Task& task) { return task.stage == Stage::done; });
}

/// Every connection as far as it goes at once; `waited_` then has those that go on later.
std::size_t SafeWriter::advance_all(bool& must_try_again) {
    std::size_t count = 0;
    for (std::size_t& at : present_) {
        advance(tasks_[at]);
        while (tasks_[at].stage >= Stage::done && !tasks_[at].is_last) {
            at = tasks_[at].next;
            advance(tasks_[at]);
        }
        const Task& task = tasks_[at];
        if (task.stage >= Stage::done) continue;
        // Lines that somebody still holds, and bytes on their way: nobody tells when that ends.
        const bool is_told = task.guarded.action.kind != SafeAction::Kind::lines &&
                             task.stage != Stage::draining && task.problem == 0;
        must_try_again |= !is_told;
        const short event = task.stage == Stage::answering ? POLLIN : POLLOUT;
        waited_[count++] = {is_told ? task.guarded.connection.number() : -1, event, 0};
    }
    return count;
}

void SafeWriter::forget_all_input() {
    for (const std::size_t at : present_) {
        const GuardedAction& guarded = tasks_[at].guarded;
        if (guarded.action.kind != SafeAction::Kind::lines) {
            forget_input(guarded.connection.number());
        }
    }
}

void SafeWriter::advance(Task& task) {
    if (task.guarded.action.kind == SafeAction::Kind::lines) {
        if (task.stage < Stage::done) take_lines(task);
        return;
    }
    if (task.stage == Stage::writing) write(task);
    if (task.stage == Stage::draining) drain(task);
    if (task.stage == Stage::answering) read_answer(task);
}

void SafeWriter::write(Task& task) {
    const std::vector<std::uint8_t>& bytes = task.guarded.action.bytes;
    while (task.written < bytes.size()) {
        const ssize_t size = ::write(task.guarded.connection.number(), &bytes[task.written],
                                     bytes.size() - task.written);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            task.problem = errno == EAGAIN ? 0 : errno;
            if (!is_for_later(errno)) task.stage = Stage::failed;
            return;
        }
        task.written += static_cast<std::size_t>(size);
    }
    task.problem = 0;
    task.stage = expected_of(task.guarded.action).empty() ? Stage::draining : Stage::answering;
}

/// Without an answer, it is done when the bytes have left this machine: a socket then has them
/// acknowledged, a port has sent them. What has no such queue has sent them at once.
void SafeWriter::drain(Task& task) {
    int left = 0;
    if (::ioctl(task.guarded.connection.number(), SIOCOUTQ, &left) != 0) left = 0;
    if (left == 0) task.stage = Stage::done;
}

void SafeWriter::read_answer(Task& task) {
    auto& seen = task.seen;
    for (;;) {
        if (task.seen_size == seen.size()) {  // keep the latest half
            std::copy(seen.begin() + seen.size() / 2, seen.end(), seen.begin());
            task.seen_size = seen.size() / 2;
        }
        const ssize_t got = read_some(task.guarded.connection.number(), &seen[task.seen_size],
                                      seen.size() - task.seen_size);
        if (got < 0 && is_for_later(errno)) return;
        if (got <= 0) {
            task.problem = got == 0 ? ECONNRESET : errno;
            task.stage = Stage::failed;
            return;
        }
        task.seen_size += static_cast<std::size_t>(got);
        const std::string_view text(seen.data(), task.seen_size);
        if (text.find(expected_of(task.guarded.action)) != std::string_view::npos) {
            task.stage = Stage::done;
            return;
        }
    }
}

/// By the kernel's own interface (GPIO uapi v2, linux/gpio.h), so that no version of a library
/// matters.
void SafeWriter::take_lines(Task& task) {
    const SafeAction& action = task.guarded.action;
    gpio_v2_line_request request{};
    std::strncpy(request.consumer, "bmsrig-guard", sizeof request.consumer - 1);
    request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
    request.config.num_attrs = 1;
    gpio_v2_line_config_attribute& values = request.config.attrs[0];
    values.attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    if (action.levels.size() > GPIO_V2_LINES_MAX) {
        task.problem = E2BIG;
        task.stage = Stage::failed;
        return;
    }
    for (const auto& [offset, level] : action.levels) {
        const std::uint64_t bit = std::uint64_t{1} << request.num_lines;
        request.offsets[request.num_lines++] = offset;
        values.mask |= bit;
        if (level) values.attr.values |= bit;
    }
    if (::ioctl(task.guarded.connection.number(), GPIO_V2_GET_LINE_IOCTL, &request) == 0) {
        task.stage = Stage::done;  // held until this process ends
        return;
    }
    task.problem = errno;
    if (errno != EBUSY && errno != EINTR) task.stage = Stage::failed;
}

void SafeWriter::tell(GuardReport& report) const {
    for (const Task& task : tasks_) {
        if (task.stage == Stage::done) continue;
        report.add("not done: ").add(task.guarded.action.does).add(": ");
        if (task.problem != 0) {
            const char* words = strerrordesc_np(task.problem);
            report.add(words == nullptr ? "error" : words);
        } else if (task.guarded.action.kind == SafeAction::Kind::frame) {
            report.add("nobody on the bus has taken the frame");
        } else if (task.stage == Stage::answering) {
            report.add("expected the answer ").add_quoted(task.guarded.action.answer).add(", got ");
            if (task.seen_size == 0) {
                report.add("none");
            } else {
                report.add_quoted({task.seen.data(), task.seen_size});
            }
        } else {
            report.add("the instrument has not taken the bytes");
        }
        report.add("\n");
    }
}

}  // namespace bmsrig
