// For tests: a rig in small with a guard, that dies or hangs in the way its command line says.
// guarded_rig <guard program> <bench> <way> <seed> <port>...: prints a line once the bench is
// armed.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rig/error.h"
#include "rig/guard/guard.h"
#include "rig/guard/safe_command.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

link::FileDescriptor connect_to(int port) {
    link::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("no instrument listens");
    }
    const int on = 1;
    ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

void send_text(const link::FileDescriptor& socket, std::string_view text) {
    if (::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
        throw std::runtime_error("an instrument is gone");
    }
}

/// What the guard does at an instrument: ends a half sent command first.
SafeAction switch_off(const link::FileDescriptor& connection) {
    const std::string bytes = "\n" + std::string(safe_command) + "\n*OPC?\n";
    SafeAction action;
    action.does = "instrument: switches its output off";
    action.descriptor = connection.number();
    action.bytes.assign(bytes.begin(), bytes.end());
    action.answer = "1\n";
    return action;
}

/// One pass of a rig's loop: set-points go out, often in two halves, and time runs.
void step(Watch& watch, const std::vector<link::FileDescriptor>& connections,
          std::minstd_rand& random) {
    {
        const Watch::Scope in_driver(Watch::Where::driver);
        for (const link::FileDescriptor& connection : connections) {
            send_text(connection, random() % 2 == 0 ? "SOUR:VOLT 3." : "300\n");
        }
    }
    watch.wait_at_most(1ms);
    ::usleep(1000);
    watch.be(Watch::Where::rig);
}

void hang_or_die(std::string_view way, Watch& watch, const link::FileDescriptor& connection) {
    if (way == "blocked") {
        const Watch::Scope in_driver(Watch::Where::driver);
        char answer = 0;
        while (::recv(connection.number(), &answer, 1, 0) >= 0) {  // nobody has asked for anything
        }
    }
    if (way == "endless") {
        for (;;) asm volatile("");
    }
    if (way == "plan") {
        watch.be(Watch::Where::plan);
        for (;;) asm volatile("");
    }
    if (way == "leaves") std::_Exit(0);
    if (way == "leaves a child") {
        while (::fork() == 0) ::pause();  // it has all that its parent had open
        std::raise(SIGKILL);
    }
    if (way == "unwinds") throw Error("what the rig's own code throws");
    if (way == "throws") throw std::runtime_error("a plan's mistake");
    throw std::runtime_error("nobody knows the way " + std::string(way));
}

int run(const std::vector<std::string>& arguments) {
    const std::string& way = arguments.at(2);
    std::minstd_rand random(static_cast<unsigned>(std::stoul(arguments.at(3))));
    std::vector<link::FileDescriptor> connections;
    for (std::size_t i = 4; i < arguments.size(); ++i) {
        connections.push_back(connect_to(std::stoi(arguments[i])));
    }
    GuardLimits limits;
    if (way == "plan") limits.plan = 200ms;
    Guard guard(arguments.at(1), limits);
    guard.state().refuse_if_unsafe();
    guard.start(arguments.at(0));
    std::vector<SafeAction> actions;
    actions.reserve(connections.size());
    for (const link::FileDescriptor& connection : connections) {
        actions.push_back(switch_off(connection));
    }
    for (std::size_t i = 0; i < actions.size(); ++i) {
        actions[i].instrument = "instrument " + std::to_string(i);
    }
    std::vector<SafeAction> renewed;
    if (way == "reconnects") {  // the first instrument, at the last port
        renewed.push_back(actions.back());
        renewed.back().instrument = actions.front().instrument;
        actions.pop_back();
    }
    guard.arm(actions);
    if (!guard.state().is_marked()) throw Error("armed, and the bench is not marked as unsafe");
    std::printf("armed %d\n", guard.pid());
    std::fflush(stdout);

    Watch& watch = guard.watch();
    watch.be(Watch::Where::rig);
    const int steps = way == "ends" ? 1000 : static_cast<int>(random() % 30);
    if (way == "reconnects") {
        guard.renew(renewed);
        std::printf("now\n");
        std::fflush(stdout);
    }
    while (way == "plans") {
        watch.be(Watch::Where::plan);
        ::pause();
    }
    for (int i = 0; i < steps || way == "lives" || way == "reconnects"; ++i) {
        step(watch, connections, random);
        guard.check();
    }
    if (way == "ends") {
        // Nothing of these connections is left in the way of the rig's own commands.
        for (const link::FileDescriptor& connection : connections) {
            send_text(connection, "\n" + std::string(safe_command) + "\n");
        }
        guard.disarm();
        return 0;
    }
    std::printf("now %lld\n", static_cast<long long>(monotonic_ns()));
    std::fflush(stdout);
    hang_or_die(way, watch, connections.front());
    return 0;
}

}  // namespace
}  // namespace bmsrig

int main(int count, char** words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would go on running, to write a report
    try {
        return bmsrig::run(arguments);
    } catch (const bmsrig::Error& problem) {
        // What a "throws" does not reach: it is no Error, and ends the process. At once: the test
        // may kill it by now, and counts of executed lines that are half written spoil all others.
        std::printf("%s\n", problem.what());
        std::fflush(stdout);
        std::_Exit(3);
    }
}
