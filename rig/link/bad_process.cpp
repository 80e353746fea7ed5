// A BMS process that breaks the contract in the way its argument names: for the tests of the link.
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>

namespace {

[[noreturn]] void hang() {
    while (true) ::pause();
}

void say(const std::string& text) {
    std::cout << text << std::flush;
}

void greet() {
    say("bmslink 1 bmsrig.bad 0.1\nin volt V\nin bool bool\nout stage stage\nout number V\nbus can "
        "can 250000\nready\n");
}

const std::string first_answer = "next 1000 stage=float number=nan\n";

std::string read_line() {
    std::string line;
    std::getline(std::cin, line);
    return line;
}

/// Answers the first call as it should and takes the second.
void begin() {
    greet();
    read_line();
    say(first_answer);
    read_line();
}

/// Takes the first call and answers with this, then goes on as it should.
[[noreturn]] void answer_first(const std::string& text) {
    greet();
    read_line();
    say(text);
    hang();
}

void flood(std::FILE* stream, const std::string& text) {
    while (std::fwrite(text.data(), 1, text.size(), stream) == text.size()) {
    }
}

void stop_properly() {
    while (read_line() != "stop") say("next -\n");
}

void log_much() {
    begin();
    for (int i = 0; i < 20'000; ++i)
        std::cerr << "line " << i << " of a process that talks too much\n";
    say("next -\n");
    stop_properly();
}

void ignore_terminate() {
    std::signal(SIGTERM, SIG_IGN);
}

/// Ends by the signal itself, also where a sanitizer would catch it and exit.
void die_of(int signal) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// Starts a process in the same group that outlives this one, and logs its number.
void leave_child() {
    greet();
    const pid_t child = ::fork();
    if (child == 0) hang();
    std::cerr << "child " << child << "\n";
    read_line();
    say(first_answer);
    stop_properly();
}

void log_order() {
    std::cerr << "before the greeting\n";
    greet();
    read_line();
    std::cerr << "before the first answer\nof two lines\n";
    say(first_answer);
    read_line();
    std::cerr << "before the second answer\n";
    say("next -\n");
    read_line();
    std::cerr << "after stop, without a line feed";
}

using Behaviour = std::function<void(const std::string& text)>;

const std::map<std::string, Behaviour>& behaviours() {
    static const std::map<std::string, Behaviour> all{
        {"greet", [](const std::string& text) { say(text), hang(); }},
        {"answer", [](const std::string& text) { answer_first(text + "\n"); }},
        {"silent", [](const auto&) { hang(); }},
        {"deaf", [](const auto&) { greet(), hang(); }},
        {"hang", [](const auto&) { begin(), hang(); }},
        {"half_answer", [](const auto&) { begin(), say("next 20"), hang(); }},
        {"crash", [](const auto&) { begin(), std::cerr << "about to crash\n", die_of(SIGSEGV); }},
        {"exit", [](const auto&) { begin(), std::cerr << "leaving\n", std::exit(3); }},
        {"close", [](const auto&) { begin(), ::close(STDOUT_FILENO), hang(); }},
        {"close_input",
         [](const auto&) {
             greet(), read_line(), ::close(STDIN_FILENO), say(first_answer), hang();
         }},
        {"flood_line", [](const auto&) { begin(), flood(stdout, std::string(1000, 'x')); }},
        {"flood_lines", [](const auto&) { begin(), flood(stdout, "next -\n"); }},
        {"flood_greeting",
         [](const auto&) {
             say("bmslink 1 a b\n");
             for (int i = 0;; ++i) say("in p" + std::to_string(i) + " V\n");
         }},
        {"flood_log", [](const auto&) { begin(), flood(stderr, "endless\n"); }},
        {"log_much", [](const auto&) { log_much(); }},
        {"log_order", [](const auto&) { log_order(); }},
        {"long_log",
         [](const auto&) {
             std::cerr << std::string(200'000, 'y') << "\n";
             greet(), read_line(), say(first_answer), stop_properly();
         }},
        {"ignore_stop",
         [](const auto&) { greet(), read_line(), say(first_answer), read_line(), hang(); }},
        {"ignore_terminate", [](const auto&) { ignore_terminate(), begin(), hang(); }},
        {"speak_after_stop",
         [](const auto&) { greet(), read_line(), say(first_answer), read_line(), say("bye\n"); }},
        {"stop_status",
         [](const auto&) { greet(), read_line(), say(first_answer), read_line(), std::exit(4); }},
        {"one_too_many",
         [](const auto&) { begin(), say("next -\n"), say("next -\n"), stop_properly(); }},
        {"speak_unasked", [](const auto&) { begin(), say("next -\nnext -\n"), hang(); }},
        {"argument",
         [](const auto&) {
             std::cerr << "argument --set cells=99: expected 4 to 16\n", std::exit(2);
         }},
        {"leave_child", [](const auto&) { leave_child(); }},
        {"well", [](const auto&) { greet(), read_line(), say(first_answer), stop_properly(); }},
    };
    return all;
}

}  // namespace

/// bad_process <behaviour> [text] [--pid file]: writes its process number to the file first.
int main(int argc, char** argv) {
    const std::string name = argc > 1 ? argv[1] : "";
    const std::string text = argc > 2 ? argv[2] : "";
    if (argc > 4 && std::string(argv[3]) == "--pid") std::ofstream(argv[4]) << ::getpid();
    const auto found = behaviours().find(name);
    if (found == behaviours().end()) return 2;
    found->second(text);
    return 0;
}
