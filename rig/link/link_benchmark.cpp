// Exchanges per second over the link, beside those of two bare pipes that carry the same bytes, in the same run.
// Usage: link_benchmark [command]; without one, the echo controller on both carriers.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "rig/error.h"
#include "rig/link/file_descriptor.h"
#include "rig/link/link.h"

namespace {

using namespace bmsrig;
using bmsrig::link::Answer;
using bmsrig::link::Greeting;
using bmsrig::link::Link;
using bmsrig::link::PortValue;

constexpr int exchanges = 20'000;
constexpr int rounds = 7;

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return to_seconds(std::chrono::steady_clock::now() - begin);
}

struct Lines {
    std::vector<std::string> calls;
    std::vector<std::string> answers;
};

/// Calls the process every millisecond with one changed input: the shape of most exchanges of a run. Returns seconds.
double run_link(const std::string& command, int count, Lines* lines) {
    link::TranscriptSink sink;
    bool greeted = false;
    if (lines != nullptr) {
        sink = [&](char who, std::string_view line) {
            if (who == '>' && line != "stop") lines->calls.push_back(std::string(line) + "\n");
            if (who == '<' && greeted) lines->answers.push_back(std::string(line) + "\n");
            greeted = greeted || line == "ready";
        };
    }
    const auto link = Link::start({.line = command, .settings = {}}, sink);
    std::vector<PortValue> inputs;
    for (std::uint32_t i = 0; i < link->greeting().ports.size(); ++i) {
        const link::Port& port = link->greeting().ports[i];
        if (port.direction == link::PortDirection::input) inputs.push_back({i, 0});
    }
    Answer answer;
    link->exchange(Instant{}, inputs, {}, answer);
    std::vector<PortValue> changed(1, inputs.front());
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 1; i < count; ++i) {
        changed.front().value = 3.2 + i % 1000 * 0.0001;
        changed.front().value = std::round(changed.front().value * 1e4) / 1e4;
        link->exchange(instant_from_ns(i * std::int64_t{1'000'000}), changed, {}, answer);
    }
    const double seconds = seconds_since(begin);
    link->stop();
    return seconds;
}

void write_all(int file, const std::string& text) {
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw Error("write failed");
}

/// Reads until a line feed; lines here are shorter than a pipe's atomic size, so it comes last.
void read_line(int file, std::vector<char>& buffer) {
    ssize_t count = 0;
    do {
        count = ::read(file, buffer.data(), buffer.size());
        if (count <= 0) throw Error("read failed");
    } while (buffer[static_cast<std::size_t>(count) - 1] != '\n');
}

/// The same lines over two pipes, and nothing but read and write on both sides. Returns seconds.
double run_bare(const Lines& lines) {
    link::Pipe to_child = link::make_pipe();
    link::Pipe to_parent = link::make_pipe();
    std::vector<char> buffer(65'536);
    const pid_t child = ::fork();
    if (child == 0) {
        for (const std::string& answer : lines.answers) {
            read_line(to_child.read_end.number(), buffer);
            write_all(to_parent.write_end.number(), answer);
        }
        ::_exit(0);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& call : lines.calls) {
        write_all(to_child.write_end.number(), call);
        read_line(to_parent.read_end.number(), buffer);
    }
    const double seconds = seconds_since(begin);
    ::waitpid(child, nullptr, 0);
    return seconds;
}

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + values.size() / 2);
    return values[values.size() / 2];
}

void compare_with_bare_pipes(const std::string& command) {
    Lines lines;
    run_link(command, exchanges, &lines);
    std::vector<double> ratios;
    std::vector<double> link_rates;
    std::vector<double> bare_rates;
    for (int round = 0; round < rounds; ++round) {  // in turns, so that both see the same machine
        const double bare = run_bare(lines);
        const double link = run_link(command, exchanges, nullptr);
        link_rates.push_back(exchanges / link);
        bare_rates.push_back(exchanges / bare);
        ratios.push_back(bare / link);
    }
    std::printf("process carrier:        %10.0f exchanges/s\n", median(link_rates));
    std::printf("bare two-pipe ping-pong:%10.0f exchanges/s\n", median(bare_rates));
    std::printf("ratio:                  %10.2f (median of %d rounds; target 0.7)\n", median(ratios), rounds);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        compare_with_bare_pipes(argc > 1 ? argv[1] : ECHO_CONTROLLER);
        const int count = 2'000'000;
        std::vector<double> times;
        for (int round = 0; round < 3; ++round) times.push_back(run_link(ECHO_CONTROLLER_SO, count, nullptr));
        std::printf("shared object:          %10.0f ns/exchange (target under 1000)\n", median(times) / count * 1e9);
    } catch (const Error& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
