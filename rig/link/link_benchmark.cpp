// Exchanges per second over the link, beside those of two bare pipes that carry the same bytes, in
// the same run: with both sides on one processor, and where the scheduler puts them. The second
// says little about the link, since waking a process on another processor may take ten times as
// long as everything else. Usage: link_benchmark [command]; without one, the echo controller.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rig/error.h"
#include "rig/link/file_descriptor.h"
#include "rig/link/link.h"
#include "rig/link/one_processor.h"

namespace {

using namespace bmsrig;
using bmsrig::link::Answer;
using bmsrig::link::Link;
using bmsrig::link::PortValue;

constexpr int exchanges_a_block = 1000;
constexpr int blocks = 101;
constexpr int object_exchanges = 500'000;

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return to_seconds(std::chrono::steady_clock::now() - begin);
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

/// Calls a controller every millisecond with one changed input: the shape of most exchanges of a
/// run.
class LinkLoop {
  public:
    explicit LinkLoop(const std::string& command, link::TranscriptSink sink = {})
        : link_(Link::start({.line = command, .settings = {}}, std::move(sink))) {
        std::vector<PortValue> inputs;
        for (std::uint32_t i = 0; i < link_->greeting().ports.size(); ++i) {
            if (link_->greeting().ports[i].direction == link::PortDirection::input)
                inputs.push_back({i, 0});
        }
        changed_.front() = inputs.front();
        link_->exchange(Instant{}, inputs, {}, answer_);
    }

    /// Returns the seconds that so many exchanges take.
    double run(int count) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < count; ++i) {
            changed_.front().value =
                (32'000 + number_ % 1000) / 1e4;  // volts with the resolution of a cell simulator
            link_->exchange(instant_from_ns(++number_ * std::int64_t{1'000'000}), changed_, {},
                            answer_);
        }
        return seconds_since(begin);
    }

    void stop() { link_->stop(); }

  private:
    std::unique_ptr<Link> link_;
    Answer answer_;
    std::vector<PortValue> changed_{1};
    int number_ = 0;
};

/// The lines of one block, with their line feeds.
struct Lines {
    std::vector<std::string> calls;
    std::vector<std::string> answers;
};

Lines record(const std::string& command) {
    Lines lines;
    bool greeted = false;
    LinkLoop loop(command, [&](char who, std::string_view line) {
        if (who == '>') lines.calls.push_back(std::string(line) + "\n");
        if (who == '<' && greeted) lines.answers.push_back(std::string(line) + "\n");
        greeted = greeted || line == "ready";
    });
    loop.run(exchanges_a_block);
    lines.calls.erase(lines.calls.begin());  // the first call is longer than all others
    lines.answers.erase(lines.answers.begin());
    return lines;
}

/// The same lines over two pipes, and nothing but read and write on both sides.
class BareLoop {
  public:
    explicit BareLoop(const Lines& lines) : lines_(lines), child_(::fork()) {
        if (child_ != 0) return;
        to_child_.write_end.close();
        for (std::size_t i = 0; read_line(to_child_); i = (i + 1) % lines_.answers.size()) {
            write_line(to_parent_, lines_.answers[i]);
        }
        ::_exit(0);
    }
    ~BareLoop() {
        to_child_.write_end.close();
        ::waitpid(child_, nullptr, 0);
    }
    BareLoop(const BareLoop&) = delete;
    BareLoop& operator=(const BareLoop&) = delete;

    /// Returns the seconds that one block takes.
    double run() {
        const auto begin = std::chrono::steady_clock::now();
        for (const std::string& call : lines_.calls) {
            write_line(to_child_, call);
            read_line(to_parent_);
        }
        return seconds_since(begin);
    }

  private:
    static void write_line(const link::Pipe& pipe, const std::string& line) {
        if (::write(pipe.write_end.number(), line.data(), line.size()) < 0)
            throw Error("write failed");
    }
    /// A line is shorter than what a pipe carries in one piece.
    bool read_line(const link::Pipe& pipe) {
        return ::read(pipe.read_end.number(), buffer_.data(), buffer_.size()) > 0;
    }

    const Lines& lines_;
    std::vector<char> buffer_ = std::vector<char>(65'536);
    link::Pipe to_child_ = link::make_pipe();
    link::Pipe to_parent_ = link::make_pipe();
    pid_t child_;
};

;

void compare_with_bare_pipes(const std::string& command) {
    const Lines lines = record(command);
    BareLoop bare(lines);
    LinkLoop loop(command);
    std::vector<double> bare_seconds;
    std::vector<double> link_seconds;
    std::vector<double> ratios;
    for (int block = 0; block < blocks;
         ++block) {  // short blocks in turns: both see the same machine
        bare_seconds.push_back(bare.run());
        link_seconds.push_back(loop.run(exchanges_a_block));
        ratios.push_back(bare_seconds.back() / link_seconds.back());
    }
    loop.stop();
    std::printf("  process carrier:         %10.0f exchanges/s\n",
                exchanges_a_block / median(link_seconds));
    std::printf("  bare two-pipe ping-pong: %10.0f exchanges/s\n",
                exchanges_a_block / median(bare_seconds));
    std::printf("  ratio:                   %10.2f (median of %d blocks; target 0.7)\n",
                median(ratios), blocks);
}

void measure_shared_object() {
    LinkLoop loop(ECHO_CONTROLLER_SO);
    std::vector<double> seconds;
    for (int round = 0; round < 3; ++round) seconds.push_back(loop.run(object_exchanges));
    loop.stop();
    std::printf("shared object:             %10.0f ns/exchange (target under 1000)\n",
                median(seconds) / object_exchanges * 1e9);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string command = argc > 1 ? argv[1] : ECHO_CONTROLLER;
        {
            std::printf("on one processor\n");
            const link::OneProcessor one;
            compare_with_bare_pipes(command);
        }
        std::printf("where the scheduler puts them\n");
        compare_with_bare_pipes(command);
        measure_shared_object();
    } catch (const Error& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
