// How late the rig's loop is, against cyclictest: the same period, the same priority, one after the
// other on the same machine, in turns, so that what else the machine does meets both.
#include <algorithm>
#include <array>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <boost/process/search_path.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "rig/clock.h"
#include "rig/real_time.h"
#include "rig/scheduler.h"

namespace {

namespace bp = boost::process;
using bmsrig::Duration;
using bmsrig::Instant;

constexpr Duration period = std::chrono::milliseconds{1};
constexpr int cycles = 5000;
constexpr int rounds = 3;
constexpr double wanted_ratio = 1.5;

/// The 99.9 % quantile, in us.
double quantile(std::vector<double> lateness) {
    const auto at = lateness.begin() + static_cast<std::ptrdiff_t>(lateness.size() * 999 / 1000);
    std::ranges::nth_element(lateness, at);
    return *at;
}

/// What a rig does in real time: something is due each millisecond.
double rig_lateness() {
    const bmsrig::RealTime real_time;
    bmsrig::Reactor reactor;
    const auto clock = bmsrig::make_real_clock(reactor);
    bmsrig::Scheduler scheduler;
    std::vector<double> lateness;
    lateness.reserve(cycles);
    clock->restart();
    for (int cycle = 1; cycle <= cycles; ++cycle) {
        scheduler.schedule(Instant{period * cycle}, [&, due = Instant{period * cycle}] {
            lateness.push_back(bmsrig::to_seconds(clock->now() - due) * 1e6);
        });
        const Instant due = *scheduler.next_due();
        while (clock->wait_until(due) != bmsrig::Clock::Woken::at_deadline) {
        }
        scheduler.run_until(due);
    }
    return quantile(std::move(lateness));
}

/// From its histogram: a line for each us, "000012 000345". Nothing if it is not installed.
std::optional<double> cyclictest_lateness(bool has_priority) {
    const auto program = bp::search_path("cyclictest");
    if (program.empty()) return std::nullopt;
    std::vector<std::string> arguments{"-q", "-t1", "-i1000", "-l" + std::to_string(cycles),
                                       "-h100000"};
    if (has_priority) arguments.insert(arguments.end(), {"-m", "-p40"});
    bp::ipstream output;
    bp::child cyclictest(bp::exe = program, bp::args = arguments, bp::std_out > output,
                         bp::std_err > bp::null);
    std::vector<double> lateness;
    std::string line;
    while (std::getline(output, line)) {
        char* end = nullptr;
        const double microseconds = std::strtod(line.c_str(), &end);
        if (end == line.c_str() || line.front() == '#') continue;
        lateness.insert(lateness.end(), std::strtoul(end, nullptr, 10), microseconds);
    }
    cyclictest.wait();
    if (lateness.empty()) return std::nullopt;
    return quantile(std::move(lateness));
}

double median(std::array<double, rounds> values) {
    std::ranges::sort(values);
    return values.at(rounds / 2);
}

}  // namespace

int main() {
    const bool has_priority = bmsrig::RealTime().has_priority();
    std::array<double, rounds> ours{};
    std::array<double, rounds> peer{};
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto theirs = cyclictest_lateness(has_priority);
        if (!theirs) {
            std::puts("cyclictest is not installed (Debian: rt-tests); nothing to compare with");
            return 0;
        }
        peer.at(round) = *theirs;
        ours.at(round) = rig_lateness();
    }
    const double ratio = median(ours) / median(peer);
    std::printf(
        "p99.9 lateness of a 1 ms loop %8.1f us, of cyclictest %8.1f us: ratio %.2f (limit %.1f)"
        "%s\n",
        median(ours), median(peer), ratio, wanted_ratio, has_priority ? "" : ", no priority");
    std::puts(ratio <= wanted_ratio ? "within its limit" : "A LIMIT IS MISSED");
    return 0;
}
