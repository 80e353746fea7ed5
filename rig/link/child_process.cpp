#include "rig/link/child_process.h"

extern "C" {  // glibc 2.36 forgot this in its header
#include <sys/pidfd.h>
}
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/group.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/search_path.hpp>
#include <csignal>
#include <cstring>
#include <system_error>

#include "rig/link/breach.h"

namespace bmsrig::link {

namespace bp = boost::process;

namespace {

/// The program's file: a word without a slash is looked for in PATH.
std::string find_program(const std::string& word) {
    if (word.find('/') != std::string::npos) return word;
    const std::string found = bp::search_path(word).string();
    if (found.empty())
        throw Breach{"cannot be started: no program " + quote(word) + " in PATH", "a program", {}};
    return found;
}

/// Runs in the child between fork and exec, where only plain system calls are allowed.
void set_up_child(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // the rig died before that took effect
    // Python and others ignore SIGPIPE or block signals; a program does not expect to inherit that.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
}

/// A process that has closed its pipe must not end the rig: write() then gives EPIPE.
void ignore_broken_pipes() {
    struct sigaction action {};
    if (::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &action, nullptr);
    }
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
    ignore_broken_pipes();
    Pipe input = make_pipe();
    Pipe output = make_pipe();
    Pipe log = make_pipe();
    standard_input = std::move(input.write_end);
    standard_output = std::move(output.read_end);
    standard_error = std::move(log.read_end);
    make_non_blocking(standard_input);
    make_non_blocking(standard_output);
    make_non_blocking(standard_error);
    start(arguments, input, output, log);
}

void ChildProcess::start(const std::vector<std::string>& arguments, const Pipe& input,
                         const Pipe& output, const Pipe& log) {
    const std::string program = find_program(arguments.front());
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    const pid_t parent = ::getpid();
    pid_t failed = -1;
    std::error_code error;
    bp::group group;
    bp::child child(
        bp::exe = program, bp::args = rest, group,
        bp::posix::fd.bind(STDIN_FILENO, input.read_end.number()),
        bp::posix::fd.bind(STDOUT_FILENO, output.write_end.number()),
        bp::posix::fd.bind(STDERR_FILENO, log.write_end.number()),
        bp::extend::on_exec_setup = [parent](auto& /*executor*/) { set_up_child(parent); },
        bp::extend::on_error = [&failed](auto& executor,
                                         const std::error_code&) { failed = executor.pid; },
        error);
    group.detach();
    if (error) {
        child.detach();
        if (failed > 0)
            ::waitpid(failed, nullptr, 0);  // Boost.Process does not wait for it to have exited
        throw Breach{"cannot be started: " + program + ": " + error.message(),
                     "a program that may be executed",
                     {}};
    }
    pid_ = child.id();
    child.detach();
    exit_ = FileDescriptor(::pidfd_open(pid_, 0));
    if (!exit_.is_open()) {
        const int reason = errno;
        signal_group(SIGKILL);
        reap();
        throw std::system_error(reason, std::system_category(), "pidfd_open");
    }
}

ChildProcess::~ChildProcess() {
    if (pid_ < 0 || is_reaped()) return;
    signal_group(SIGKILL);
    reap();
}

void ChildProcess::signal_group(int signal) const {
    if (pid_ > 0 && !is_reaped()) ::kill(-pid_, signal);
}

void ChildProcess::reap() {
    if (pid_ < 0 || is_reaped()) return;
    // While its leader is a zombie the group's number cannot be taken by others: what it left
    // behind goes first.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
}

int ChildProcess::exit_status() const {
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
}

std::string ChildProcess::how_it_ended() const {
    if (WIFEXITED(*status_)) return "exited with status " + std::to_string(WEXITSTATUS(*status_));
    const int signal = WTERMSIG(*status_);
    return "was ended by signal " + std::to_string(signal) + " (" + sigdescr_np(signal) + ")";
}

}  // namespace bmsrig::link
