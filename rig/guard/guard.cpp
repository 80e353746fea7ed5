#include "rig/guard/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/posix.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "rig/error.h"
#include "rig/guard/message.h"
#include "rig/real_time.h"
#include "rig/signals_blocked.h"

namespace bmsrig {

namespace bp = boost::process;

namespace {

constexpr int beat_ms = 10;
/// Taking the actions over is a matter of microseconds; a busy machine may take its time.
constexpr int answer_ms = 5000;
/// The guard's end of the socket, in its process.
constexpr int guard_socket = 3;

std::pair<link::FileDescriptor, link::FileDescriptor> make_sockets() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::system_error(errno, std::system_category(), "socketpair");
    }
    link::FileDescriptor ours(ends[0]);
    const link::FileDescriptor low(ends[1]);
    // Where it has the number already that it is to get in the guard, it would be closed there.
    link::FileDescriptor theirs(::fcntl(low.number(), F_DUPFD_CLOEXEC, guard_socket + 1));
    if (!theirs.is_open()) throw std::system_error(errno, std::system_category(), "fcntl");
    // Whole actions must fit, and as many as a bench has may wait until the guard gets to run.
    constexpr int room = 1 << 20;
    ::setsockopt(ours.number(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return {std::move(ours), std::move(theirs)};
}

}  // namespace

Guard::Guard(const std::filesystem::path& bench, const GuardLimits& limits, bool is_on)
    : limits_(limits), is_on_(is_on), state_(bench), watch_(*page_.operator->(), limits) {
    state_.share();
}

Guard::~Guard() {
    if (Watch::active() == &watch_) Watch::set_active(nullptr);
    if (heart_.joinable()) {
        const std::uint64_t one = 1;
        while (::write(stop_beating_.number(), &one, sizeof one) < 0 && errno == EINTR) {
        }
        heart_.join();
    }
    socket_.close();  // the guard ends; if it is armed it makes the bench safe first
    if (pid_ > 0) {
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

void Guard::start(const std::filesystem::path& program) {
    if (pid_ > 0) return;
    state_.own();
    if (!is_on_) return;
    auto [ours, theirs] = make_sockets();
    stop_beating_ = link::FileDescriptor(::eventfd(0, EFD_CLOEXEC));
    if (!stop_beating_.is_open()) {
        throw std::system_error(errno, std::system_category(), "eventfd");
    }
    std::error_code problem;
    bp::child child(bp::exe = program.string(), bp::args = std::vector<std::string>{},
                    bp::std_in<bp::null, bp::std_out> bp::null,
                    bp::posix::fd.bind(guard_socket, theirs.number()), problem);
    if (problem) {
        child.detach();
        throw Error("the guard " + program.string() + " cannot be started: " + problem.message() +
                    "; without it the bench would stay as it is when the rig dies");
    }
    pid_ = child.id();
    child.detach();
    theirs.close();
    socket_ = std::move(ours);
    GuardMessage hello(GuardWord::hello);
    hello.add(limits_.silence.count()).add(limits_.stuck.count());
    hello.add(state_.bench().string());
    hello.add(state_.marker().string()).add(state_.report().string());
    hello.attach(page_.descriptor()).attach(state_.lock());
    send({&hello, 1});
    means_ = await_answer();
    const SignalsBlocked blocked;
    heart_ = std::thread([this] { beat(); });
}

/// The heart of the process: beats while the process runs at all, and feels at once when the guard
/// is gone.
void Guard::beat() {
    // Above the rig's own thread: a rig that is busy on the only processor is no dead rig.
    take_priority(heart_priority);
    page_->beating_thread.store(::gettid());
    page_->beating_thread.notify_all();
    std::array<pollfd, 2> waited{pollfd{stop_beating_.number(), POLLIN, 0},
                                 pollfd{socket_.number(), 0, 0}};
    for (;;) {
        page_->beat.store(monotonic_ns(), std::memory_order_release);
        if (::poll(waited.data(), is_gone_ ? 1 : 2, beat_ms) <= 0) continue;
        if ((waited[0].revents & POLLIN) != 0) return;
        if ((waited[1].revents & (POLLHUP | POLLERR)) != 0) is_gone_ = true;
    }
}

void Guard::send(std::span<const GuardMessage> messages) {
    try {
        for (const GuardMessage& message : messages) message.send(socket_.number());
    } catch (const std::system_error&) {
        is_gone_ = true;
        throw death();
    }
}

void Guard::hand_over(const std::vector<SafeAction>& actions, bool are_all) {
    std::vector<GuardMessage> messages;
    messages.emplace_back(GuardWord::begin);
    for (const SafeAction& action : actions) messages.push_back(message_of(action));
    messages.emplace_back(GuardWord::arm).add(std::int64_t{are_all});
    send(messages);
    await_answer();
}

void Guard::mark(const std::vector<SafeAction>& actions) {
    std::vector<std::string> what;
    what.reserve(actions.size());
    for (const SafeAction& action : actions) what.push_back(action.does);
    state_.mark(what);
}

void Guard::arm(const std::vector<SafeAction>& actions) {
    if (is_gone_) throw death();
    mark(actions);
    if (is_on_ && !is_armed_) {
        // From here on the guard looks at the page.
        page_->beating_thread.wait(0);
        page_->beat.store(monotonic_ns(), std::memory_order_release);
        watch_.be(Watch::Where::plan);
    }
    try {
        if (is_on_) hand_over(actions, true);
    } catch (...) {
        if (!is_armed_) state_.unmark();  // nothing was switched on
        throw;
    }
    if (is_on_) Watch::set_active(&watch_);
    is_armed_ = true;
}

void Guard::renew(const std::vector<SafeAction>& actions) {
    if (!is_armed_ || !is_on_ || is_gone_) return;
    try {
        hand_over(actions, false);
    } catch (const InstrumentError&) {
        if (!is_gone_) throw;
    }
}

void Guard::disarm() {
    if (!is_armed_) return;
    is_armed_ = false;
    if (Watch::active() == &watch_) Watch::set_active(nullptr);
    if (is_on_) let_guard_rest();
    state_.unmark();
}

void Guard::let_guard_rest() {
    try {
        const GuardMessage message(GuardWord::disarm);
        send({&message, 1});
        await_answer();
    } catch (const InstrumentError&) {
        is_gone_ = true;  // the rig has made the bench safe: nobody is needed for it any more
    }
}

void Guard::check() {
    if (!is_gone_ || death_told_) return;
    death_told_ = true;
    throw death();
}

InstrumentError Guard::death() const {
    return InstrumentError{"the guard (process " + std::to_string(pid_) + ") " + how_it_ended() +
                           "; nobody would make the bench safe if the rig died, so the test ends "
                           "here and the rig makes it safe itself; look who ended the guard, then "
                           "run again"};
}

std::string Guard::how_it_ended() const {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
        info.si_pid == 0) {
        return "has closed its connection";
    }
    if (info.si_code == CLD_EXITED) return "exited with status " + std::to_string(info.si_status);
    return "was ended by signal " + std::to_string(info.si_status) + " (" +
           sigdescr_np(info.si_status) + ")";
}

std::string Guard::await_answer() {
    pollfd waited{socket_.number(), POLLIN, 0};
    int ready = 0;
    while ((ready = ::poll(&waited, 1, answer_ms)) < 0 && errno == EINTR) {
    }
    if (ready == 0) {
        throw InstrumentError("the guard (process " + std::to_string(pid_) + ") has not answered " +
                              "within 5 s; without it no output is switched on");
    }
    auto answer = GuardMessage::receive(socket_.number());
    if (!answer) {
        is_gone_ = true;
        throw death();
    }
    std::string text = answer->take_text();
    if (answer->word() == GuardWord::refused) {
        throw InstrumentError("the guard cannot guard this bench: " + text);
    }
    return text;
}

}  // namespace bmsrig
