// Every way in which a process can break the contract: what the error says, and that nothing is
// left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill and sigaction are not in <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "rig/error.h"
#include "rig/link/interrupt.h"
#include "rig/link/link.h"
#include "rig/test_folder.h"

namespace bmsrig::link {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

/// A process that somebody else has to reap has been killed: gone, or a zombie, as soon as the
/// kernel gets to it.
void expect_dead(pid_t process) {
    const std::filesystem::path stat =
        std::filesystem::path("/proc") / std::to_string(process) / "stat";
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    std::string state;
    do {
        state.clear();
        std::ifstream(stat) >> state >> state >> state;
        if (state.empty() || state == "Z" || state == "X") return;
        std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < deadline);
    FAIL() << "process " << process << " is in state " << state;
}

/// The pipes that a process has beside its standard streams.
std::set<std::string> pipes_of(const std::string& process) {
    std::set<std::string> pipes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + process + "/fd")) {
        std::error_code gone;  // the directory itself is among them
        const std::string target = std::filesystem::read_symlink(entry.path(), gone);
        if (target.starts_with("pipe:") && std::stoi(entry.path().filename()) > STDERR_FILENO)
            pipes.insert(target);
    }
    return pipes;
}

class BadProcess : public testing::Test {
  protected:
    BadProcess() {
        command_.greeting_timeout = 5s;
        command_.answer_timeout = 5s;
        command_.stop_timeout = 5s;
    }
    ~BadProcess() override { set_interrupt_check({}); }

    void behave(const std::string& behaviour, const std::string& text = "") {
        command_.line =
            std::string(BAD_PROCESS) + " " + behaviour + " '" + text + "' --pid " + pid_file();
    }
    [[nodiscard]] std::string pid_file() const { return folder_.path() / "pid"; }

    std::unique_ptr<Link> start() {
        return Link::start(command_, [this](char who, std::string_view line) {
            lines_ += std::string{who, ' '} + std::string(line).substr(0, 100) + "\n";
        });
    }

    /// Starts it and makes two calls and a stop; the text of the LinkError on the way.
    std::string failure() {
        try {
            const auto link = start();
            begin(*link);
            link->exchange(instant_from_ns(5), std::vector<PortValue>{{0, 2.5}}, {}, answer_);
            link->stop();
        } catch (const LinkError& error) {
            expect_gone();
            EXPECT_THAT(error.what(), HasSubstr("BMS process `" +
                                                command_.line.substr(0, command_.line.find(' '))));
            return error.what();
        }
        expect_gone();
        return "accepted";
    }

    void begin(Link& link) {
        link.exchange(Instant{}, std::vector<PortValue>{{0, 0}, {1, 0}}, {}, answer_);
    }

    [[nodiscard]] pid_t process_number() const {
        pid_t number = 0;
        std::ifstream(pid_file()) >> number;
        return number;
    }

    /// Neither running nor a zombie.
    void expect_gone() const {
        const pid_t number = process_number();
        if (number == 0) return;
        EXPECT_EQ(::kill(number, 0), -1);
        EXPECT_EQ(errno, ESRCH);
        EXPECT_EQ(::waitpid(number, nullptr, WNOHANG), -1);
        EXPECT_EQ(errno, ECHILD);
    }

    TestFolder folder_;
    Command command_;
    Answer answer_;
    std::string lines_;
};

TEST_F(BadProcess, OneThatBehavesIsAccepted) {
    behave("well");
    EXPECT_EQ(failure(), "accepted");
    EXPECT_EQ(lines_,
              "< bmslink 1 bmsrig.bad 0.1\n< in volt V\n< in bool bool\n< out stage stage\n< out "
              "number V\n< bus can can 250000\n< ready\n"
              "> at 0 volt=0 bool=0\n< next 1000 stage=float number=nan\n> at 5 volt=2.5\n< next "
              "-\n> stop\n");
}

TEST_F(BadProcess, MissingFile) {
    command_.line = "/no/such/program";
    EXPECT_THAT(failure(), AllOf(HasSubstr("cannot be started"), HasSubstr("No such file")));
    command_.line = "no_such_program_in_path";
    EXPECT_THAT(failure(), AllOf(HasSubstr("cannot be started"), HasSubstr("in PATH")));
}

TEST_F(BadProcess, NoPermission) {
    const std::string file = folder_.path() / "not_executable";
    std::ofstream(file) << "#!/bin/sh\n";
    command_.line = file;
    EXPECT_THAT(failure(), AllOf(HasSubstr("cannot be started"), HasSubstr("Permission denied")));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // not even a zombie of the attempt
}

TEST_F(BadProcess, ProgramFromThePath) {
    command_.line = "sh -c 'echo hello; echo in the log >&2; cat'";
    EXPECT_THAT(failure(), AllOf(HasSubstr("did not greet"), HasSubstr("seen: \"hello\"")));
}

TEST_F(BadProcess, ABadArgumentEndsItAtOnce) {
    behave("argument");
    EXPECT_THAT(failure(), AllOf(HasSubstr("exited with status 2"),
                                 HasSubstr("last lines of its log:\n    argument --set cells=99")));
}

TEST_F(BadProcess, WrongGreeting) {
    behave("greet", "hello\n");
    EXPECT_THAT(failure(), AllOf(HasSubstr("seen: \"hello\""), HasSubstr("expected: \"bmslink 1"),
                                 HasSubstr("its end: was ended by signal 15")));
}

TEST_F(BadProcess, NoGreeting) {
    behave("silent");
    command_.greeting_timeout = 20ms;
    EXPECT_THAT(failure(), HasSubstr("gave no greeting within 0.02 s"));
}

TEST_F(BadProcess, HalfAGreeting) {
    behave("greet", "bmslink 1 a b\nin x V\n");
    command_.greeting_timeout = 50ms;
    EXPECT_THAT(failure(), HasSubstr("gave no greeting within 0.05 s"));
}

TEST_F(BadProcess, SpeaksOnAfterItsGreeting) {
    behave("greet", "bmslink 1 a b\nready\nnext -\n");
    EXPECT_THAT(failure(),
                AllOf(HasSubstr("spoke without having been called"), HasSubstr("seen: \"next -")));
}

TEST_F(BadProcess, FloodsItsGreeting) {
    behave("flood_greeting");
    EXPECT_THAT(failure(), HasSubstr("more than 10,000 ports"));
}

TEST_F(BadProcess, WrongAnswersAreQuoted) {
    const std::vector<std::pair<std::string, std::string>> answers{
        {"nxt - stage=low number=1", "a word that the contract does not know"},
        {"next - stage=up number=1", "gives stage the value \"up\""},
        {"next - stage=low number=1V", "gives number the value \"1V\""},
        {"next - stage=low number=1 other=2", "names \"other\", which it did not declare"},
        {"next - volt=1", "which has the other direction"},
        {"next 0 stage=low number=1", "names a next time that is not in the future"},
        {"next soon stage=low number=1", "names the next time \"soon\""},
        {"next - stage=low", "does not name the output number in its first answer"},
        {"next - stage=low number=1 can:12#", "sends \"12#\" on can"},
        {"next - stage=low number=1 ", "says \"\""},
        {"error cell 3 makes no sense", "gave up: \"cell 3 makes no sense\""},
    };
    for (const auto& [answer, text] : answers) {
        behave("answer", answer);
        EXPECT_THAT(failure(), AllOf(HasSubstr(text), HasSubstr("seen: \"" + answer + "\""),
                                     HasSubstr("the rig's line: \"at 0 volt=0 bool=0\""),
                                     HasSubstr("(bmsrig.bad 0.1)")));
    }
}

TEST_F(BadProcess, NoAnswer) {
    command_.answer_timeout = 20ms;
    for (const std::string behaviour : {"hang", "deaf"}) {
        behave(behaviour);
        EXPECT_THAT(failure(), AllOf(HasSubstr("gave no answer within 0.02 s"),
                                     HasSubstr("the rig's line: \"at ")));
    }
}

TEST_F(BadProcess, HalfAnAnswer) {
    behave("half_answer");
    command_.answer_timeout = 50ms;
    EXPECT_THAT(failure(),
                AllOf(HasSubstr("gave no answer within 0.05 s"), HasSubstr("seen: \"next 20\"")));
}

TEST_F(BadProcess, CrashNamesTheSignal) {
    behave("crash");
    EXPECT_THAT(
        failure(),
        AllOf(HasSubstr("was ended by signal 11 (Segmentation fault) without having been stopped"),
              HasSubstr("about to crash"), HasSubstr("at 5 volt=2.5")));
}

TEST_F(BadProcess, ExitNamesTheStatus) {
    behave("exit");
    EXPECT_THAT(failure(), AllOf(HasSubstr("exited with status 3 without having been stopped"),
                                 HasSubstr("leaving")));
}

TEST_F(BadProcess, ClosesItsOutput) {
    behave("close");
    EXPECT_THAT(failure(), HasSubstr("closed its pipe but went on running"));
}

TEST_F(BadProcess, ClosesItsInput) {
    behave("close_input");
    EXPECT_THAT(failure(), HasSubstr("closed its pipe but went on running"));
}

TEST_F(BadProcess, FloodsWithALineWithoutEnd) {
    behave("flood_line");
    EXPECT_THAT(failure(), AllOf(HasSubstr("sent a line that is too long, or has no end"),
                                 HasSubstr("xxx\"..."), HasSubstr("65,536")));
}

TEST_F(BadProcess, FloodsWithLines) {
    behave("flood_lines");
    EXPECT_THAT(failure(), HasSubstr("spoke without having been called"));
}

TEST_F(BadProcess, AnswersTwice) {
    behave("speak_unasked");
    EXPECT_THAT(failure(), HasSubstr("spoke without having been called"));
}

TEST_F(BadProcess, ALineTooManyIsFoundHoweverLateItComes) {
    behave("one_too_many");
    EXPECT_THAT(failure(), testing::ContainsRegex(
                               "spoke without having been called|went on speaking after stop"));
    const auto link = start();
    begin(*link);
    EXPECT_THROW(
        {
            for (int i = 1; i < 40; ++i) link->exchange(instant_from_ns(i), {}, {}, answer_);
            link->stop();
        },
        LinkError);
    expect_gone();
}

TEST_F(BadProcess, ALogWithoutEndDoesNotHideAMissingAnswer) {
    behave("flood_log");
    command_.answer_timeout = 50ms;
    const std::string text = failure();
    EXPECT_THAT(text,
                AllOf(HasSubstr("gave no answer within 0.05 s"), HasSubstr("\n    endless\n")));
    EXPECT_LT(text.size(), 5000U);
}

TEST_F(BadProcess, MuchLoggingStopsNothing) {
    behave("log_much");
    const auto link = start();
    begin(*link);
    link->exchange(instant_from_ns(5), {}, {}, answer_);
    EXPECT_EQ(link->counts().log_lines, 20'000U);
    EXPECT_TRUE(link->log_tail().ends_with("line 19999 of a process that talks too much"));
    EXPECT_EQ(std::ranges::count(link->log_tail(), '\n'), 19);
    link->stop();
    expect_gone();
}

TEST_F(BadProcess, LongLogLinesAreCutIntoPieces) {
    behave("long_log");
    EXPECT_EQ(failure(), "accepted");
    EXPECT_TRUE(lines_.starts_with("! yyyy"));
    EXPECT_EQ(std::ranges::count(lines_.substr(0, lines_.find('<')), '!'),
              4);  // 200,000 bytes in pieces of 65,536
}

TEST_F(BadProcess, LogLinesComeBeforeTheLineTheyPreceded) {
    behave("log_order");
    for (int i = 0; i < 50; ++i) {
        lines_.clear();
        EXPECT_EQ(failure(), "accepted");
        ASSERT_EQ(lines_,
                  "! before the greeting\n< bmslink 1 bmsrig.bad 0.1\n< in volt V\n< in bool "
                  "bool\n< out stage stage\n< out number V\n"
                  "< bus can can 250000\n< ready\n> at 0 volt=0 bool=0\n! before the first "
                  "answer\n! of two lines\n"
                  "< next 1000 stage=float number=nan\n> at 5 volt=2.5\n! before the second "
                  "answer\n< next -\n> stop\n"
                  "! after stop, without a line feed\n");
    }
}

TEST_F(BadProcess, IgnoresStop) {
    behave("ignore_stop");
    command_.stop_timeout = 20ms;
    const auto link = start();
    begin(*link);
    try {
        link->stop();
        FAIL() << "accepted";
    } catch (const LinkError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("did not end within 0.02 s after stop"),
                                        HasSubstr("the rig's line: \"stop\""),
                                        HasSubstr("after the rig had terminated it")));
    }
    expect_gone();
}

TEST_F(BadProcess, IgnoresTheTerminationSignal) {
    behave("ignore_terminate");
    command_.answer_timeout = 20ms;
    command_.stop_timeout = 20ms;
    EXPECT_THAT(failure(), AllOf(HasSubstr("gave no answer"), HasSubstr("was ended by signal 9"),
                                 HasSubstr("because it ignored SIGTERM")));
}

TEST_F(BadProcess, SpeaksAfterStop) {
    behave("speak_after_stop");
    const auto link = start();
    begin(*link);
    try {
        link->stop();
        FAIL() << "accepted";
    } catch (const LinkError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("went on speaking after stop"),
                                        HasSubstr("seen: \"bye\\x0a\"")));
    }
    expect_gone();
}

TEST_F(BadProcess, StopWithAnotherStatusIsAFailure) {
    behave("stop_status");
    const auto link = start();
    begin(*link);
    try {
        link->stop();
        FAIL() << "accepted";
    } catch (const LinkError& error) {
        EXPECT_THAT(error.what(), HasSubstr("exited with status 4 after stop"));
    }
    expect_gone();
}

TEST_F(BadProcess, TheDestructorEndsIt) {
    behave("ignore_stop");
    {
        const auto link = start();
        begin(*link);
        EXPECT_EQ(::kill(process_number(), 0), 0);
    }
    expect_gone();
}

TEST_F(BadProcess, ItsChildrenEndWithIt) {
    behave("leave_child");
    const auto link = start();
    begin(*link);
    const std::string log = link->log_tail();
    link->stop();
    const pid_t child = std::stoi(log.substr(log.find(' ')));
    expect_dead(child);
}

TEST_F(BadProcess, TheGroupIsItsOwn) {
    behave("well");
    const auto link = start();
    EXPECT_EQ(::getpgid(process_number()), process_number());
    EXPECT_NE(::getpgid(process_number()), ::getpgrp());
}

TEST_F(BadProcess, OtherProcessesInheritNoPipe) {
    const std::set<std::string> before =
        pipes_of("self");  // whoever runs the tests may have left some open
    behave("well");
    const auto first = start();
    const auto first_pipes = pipes_of(std::to_string(process_number()));
    const auto second = start();
    const auto second_pipes = pipes_of(std::to_string(process_number()));
    EXPECT_EQ(pipes_of("self").size(), before.size() + 6);
    EXPECT_TRUE(std::ranges::includes(before, first_pipes));
    EXPECT_TRUE(std::ranges::includes(before, second_pipes));
}

TEST_F(BadProcess, ARigWithoutStandardStreamsStartsOnesWithThem) {
    behave("well");
    const pid_t rig = ::fork();  // a process of its own: this one needs its streams
    if (rig == 0) {
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(stream);
        ::_exit(failure() == "accepted" ? 0 : 1);
    }
    int status = -1;
    ::waitpid(rig, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST_F(BadProcess, LongLinesGoBothWays) {
    command_.line =
        "sh -c 'echo bmslink 1 a b; echo bus b serial 1; echo ready; read l; echo ${#l} >&2; echo "
        "next -; read l'";
    const auto link = start();
    const std::vector<Payload> payloads{{0, std::string(60'000, 'A')}};
    link->exchange(Instant{}, {}, payloads, answer_);
    EXPECT_EQ(link->log_tail(), "60007");  // "at 0 b:" before it
    link->stop();
}

/// Sends this thread signals until it goes; they interrupt the wait.
class SignalStorm {
  public:
    SignalStorm() : target_(::pthread_self()) {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, &before_);
        thread_ = std::thread([this] {
            while (!done_) {
                ::pthread_kill(target_, SIGUSR1);
                std::this_thread::yield();
            }
        });
    }
    ~SignalStorm() {
        done_ = true;
        thread_.join();
        ::sigaction(SIGUSR1, &before_, nullptr);
    }
    SignalStorm(const SignalStorm&) = delete;
    SignalStorm& operator=(const SignalStorm&) = delete;

  private:
    pthread_t target_;
    std::atomic<bool> done_ = false;
    struct sigaction before_ {};
    std::thread thread_;
};

TEST_F(BadProcess, SignalsDoNoHarm) {
    command_.line = ECHO_CONTROLLER;
    const SignalStorm storm;
    const auto link = start();
    const std::vector<PortValue> inputs{{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}};
    link->exchange(Instant{}, inputs, {}, answer_);
    for (int i = 1; i < 2000; ++i) link->exchange(instant_from_ns(i), {}, {}, answer_);
    EXPECT_EQ(link->counts().exchanges, 2000U);
    link->stop();
}

TEST_F(BadProcess, TheInterruptCheckMayLeaveTheWait) {
    behave("hang");
    const auto link = start();
    begin(*link);
    int checks = 0;
    set_interrupt_check([&] {
        if (++checks == 3) throw Aborted("Ctrl-C");
    });
    {
        const SignalStorm storm;
        EXPECT_THROW(link->exchange(instant_from_ns(5), {}, {}, answer_), Aborted);
    }
    set_interrupt_check({});
    EXPECT_THROW(link->exchange(instant_from_ns(5), {}, {}, answer_), LinkError);
    EXPECT_NO_THROW(link->stop());
    expect_gone();
}

TEST_F(BadProcess, TheInterruptCheckIsAskedWithoutASignalToo) {
    behave("hang");
    const auto link = start();
    begin(*link);
    set_interrupt_check([] { throw Aborted("Ctrl-C"); });
    EXPECT_THROW(link->exchange(instant_from_ns(5), {}, {}, answer_), Aborted);
}

TEST_F(BadProcess, AKilledRigLeavesNoneBehind) {
    behave("hang");
    const pid_t rig = ::fork();
    if (rig == 0) {
        const auto link = start();
        ::raise(SIGKILL);
    }
    ::waitpid(rig, nullptr, 0);
    const pid_t orphan = process_number();
    ASSERT_GT(orphan, 0);
    expect_dead(orphan);
}

int processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

TEST(OneProcessor, IsSharedForAsLongAsTheProcessRunsAndOnlyIfAskedFor) {
    const int before = processors();
    Command command;
    command.line = ECHO_CONTROLLER;
    {
        const auto apart = Link::start(command);
        EXPECT_EQ(processors(), before);
    }
    command.shares_processor = true;
    {
        const auto one = Link::start(command);
        EXPECT_EQ(processors(), 1);
        auto other = Link::start(command);
        other.reset();
        EXPECT_EQ(processors(), 1) << "the first one still runs";
    }
    EXPECT_EQ(processors(), before);
    command.line = ECHO_CONTROLLER_SO;
    const auto object = Link::start(command);
    EXPECT_EQ(processors(), before) << "a shared object takes no turns";
}

}  // namespace
}  // namespace bmsrig::link
