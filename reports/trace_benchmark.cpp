// How fast the trace takes changes, what they cost in memory and in the record, and what a CAN
// frame and a measurement cost. Prints one line for each figure; exits 1 if one misses its
// requirement.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <vector>

#include "reports/can_summary.h"
#include "reports/record.h"
#include "reports/sqlite.h"

namespace bmsrig {

namespace {

class Stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bool figure(const char* name, double value, const char* unit, bool good) {
    std::printf("%-44s %12.4g %-12s %s\n", name, value, unit, good ? "" : "MISSED");
    std::fflush(stdout);
    return good;
}

/// Peak of resident memory so far, MiB.
double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

constexpr int signals = 64;

std::vector<SignalId> declare_cells(Trace& trace) {
    std::vector<SignalId> ids;
    for (int i = 1; i <= signals; ++i) {
        ids.push_back(
            trace.declare({"cells." + std::to_string(i), SignalKind::analog, Unit::volt}));
    }
    return ids;
}

/// 24 h, 64 signals, ten noisy readings a second of each, quantised to 0.1 mV; the trace spills
/// into the record.
bool run_a_day(const std::filesystem::path& file) {
    auto record = Record::create(file, {}, {}, {});
    Trace trace;
    trace.attach(record.get());
    const auto ids = declare_cells(trace);
    record->begin_test({"a day", "", "", {}});
    std::minstd_rand random(1);  // NOLINT(cert-msc51-cpp): every run is to do the same
    std::uniform_int_distribution<int> noise(-8, 8);
    const Stopwatch watch;
    for (std::int64_t tick = 0; tick < 864'000; ++tick) {
        const Instant time = instant_from_ns(tick * 100'000'000);
        const long drift = std::lround(2000 * std::sin(static_cast<double>(tick) / 20'000));
        for (const SignalId id : ids) {
            trace.append(id, time, static_cast<double>(33'000 + drift + noise(random)) / 1e4);
        }
    }
    trace.flush();
    const double wall = watch.seconds();
    record->end_test({Verdict::pass, "", "", wall, 86'400}, trace);
    record->end_run(Verdict::pass, "", "2024-01-01T00:00:00.000Z");
    const auto count = static_cast<double>(trace.size());
    const auto bytes = static_cast<double>(std::filesystem::file_size(file));
    bool good = figure("24 h, 64 signals, 10/s: changes", count, "", true);
    good &= figure("  changes a second, record written", count / wall, "1/s", count / wall > 1e6);
    good &= figure("  record", bytes / 1048576, "MiB", true);
    good &= figure("  record, bytes a change", bytes / count, "B", bytes / count <= 5);
    good &= figure("  peak resident memory", peak_mebibytes(), "MiB", peak_mebibytes() < 256);
    return good;
}

/// A day of a bus on which eight identifiers come every 100 ms, one after another; the current and
/// the highest cell are noisy, and with them how long their frames hold the bus.
bool run_a_day_of_can(const std::filesystem::path& file) {
    constexpr std::int64_t slots = 864'000;
    constexpr std::int64_t bit = 4000;  // ns at 250 kbit/s
    auto record = Record::create(file, {}, {}, {});
    const Trace trace;
    record->begin_test({"a day of CAN", "", "", {}});
    std::minstd_rand random(1);  // NOLINT(cert-msc51-cpp): every run is to do the same
    CanEvent event;
    event.frame.length = 8;
    std::array<std::array<std::uint8_t, 8>, 8> data{};
    const Stopwatch watch;
    for (std::int64_t slot = 0; slot < slots; ++slot) {
        event.time = instant_from_ns(slot * 100'000'000);
        for (std::uint32_t id = 0; id < 8; ++id) {
            std::int64_t bits = 113;
            if (id < 2 && slot % 5 == 0) data[id][4] = static_cast<std::uint8_t>(random() % 32);
            if (id < 2) bits += data[id][4] % 6;
            event.frame.id = 0x351 + id;
            event.frame.data = data[id];
            event.on_wire = Duration{bits * bit};
            event.time += event.on_wire;
            record->add_can_event("can", event);
        }
    }
    record->end_test({Verdict::pass, "", "", 0, 86'400}, trace);
    const double wall = watch.seconds();
    record->end_run(Verdict::pass, "", "2024-01-01T00:00:00.000Z");
    const auto count = static_cast<double>(slots * 8);
    const auto bytes = static_cast<double>(std::filesystem::file_size(file));
    bool good = figure("24 h of CAN, 8 identifiers, 10/s: frames", count, "", true);
    good &= figure("  recorded, each", wall / count * 1e9, "ns", wall / count < 40e-9);
    good &= figure("  record, bytes a frame", bytes / count, "B", bytes / count < 1);
    return good;
}

/// Seconds to make the report's table of that day.
bool run_summary(const std::filesystem::path& file) {
    Database database(file, Database::Mode::read);
    Statement blocks(database, "SELECT data FROM can_block ORDER BY block");
    const Stopwatch watch;
    blocks.start();
    std::uint64_t frames = 0;
    while (blocks.step()) {
        for (const CanSummary& each : summarise_can_events(blocks.bytes(0))) frames += each.count;
    }
    const double wall = watch.seconds();
    return figure("  summarised for the report, each", wall / static_cast<double>(frames) * 1e9,
                  "ns", wall < 1);
}

/// Microseconds for each measurement of a test with many of them, the end of the test included.
double measure_once(Record& record, Measurement& measurement) {
    constexpr int count = 20'000;
    const Trace trace;
    record.begin_test({"measurements", "", "", {}});
    const Stopwatch watch;
    for (int i = 0; i < count; ++i) {
        measurement.value = 2.8 + i * 1e-8;
        measurement.time = instant_from_ns(i);
        measurement.verdict = measurement.limit.judge(measurement.value, measurement.uncertainty);
        record.add_measurement(measurement);
    }
    record.end_test({}, trace);
    return watch.seconds() / count * 1e6;
}

bool run_measurements(const std::filesystem::path& file) {
    auto record = Record::create(file, {}, {}, {});
    Measurement measurement;
    measurement.name = "under_voltage_threshold";
    measurement.limit = {
        "under_voltage_threshold", Unit::volt,         2.795, 2.805, Acceptance::guarded,
        "VSB-UV-THRESHOLD",        "manual, section 6"};
    measurement.uncertainty = 0.0015;
    measurement.comment = "cell 3";
    // The best of several tests: whatever else the machine does at the moment is not the record's.
    double best = measure_once(*record, measurement);
    for (int round = 1; round < 10; ++round)
        best = std::min(best, measure_once(*record, measurement));
    return figure("measurement judged and recorded", best, "us", best < 2);
}

/// The peer: the same three numbers into a plain vector.
double push_back_rate(std::int64_t count) {
    struct Peer {
        std::int64_t time;
        double value;
        SignalId signal;
    };
    std::vector<Peer> peer;  // grows as a trace does
    const Stopwatch watch;
    for (std::int64_t i = 0; i < count; ++i) {
        // NOLINTNEXTLINE(performance-inefficient-vector-operation): growing belongs to it
        peer.push_back({i * 1000, static_cast<double>(i), static_cast<SignalId>(i % signals)});
    }
    return static_cast<double>(peer.size()) / watch.seconds();
}

double append_rate(std::int64_t count) {
    Trace trace;
    const auto ids = declare_cells(trace);
    const Stopwatch watch;
    for (std::int64_t i = 0; i < count; ++i) {
        trace.append(ids[static_cast<std::size_t>(i % signals)], instant_from_ns(i * 1000),
                     static_cast<double>(i));
    }
    return static_cast<double>(trace.size()) / watch.seconds();
}

bool run_append() {
    constexpr std::int64_t count = 10'000'000;
    double peer = 0;
    double rate = 0;
    // In turns, the best of each: whoever comes first otherwise pays for the pages that the other
    // one reuses.
    for (int round = 0; round < 3; ++round) {
        peer = std::max(peer, push_back_rate(count));
        rate = std::max(rate, append_rate(count));
    }
    bool good = figure("append, 10 million changes", rate, "1/s", rate >= 10e6);
    good &= figure("  vector::push_back of {t, v, id}", peer, "1/s", true);
    good &= figure("  ratio", rate / peer, "", true);
    good &= figure("  memory, bytes a change", sizeof(Change), "B", sizeof(Change) <= 32);
    return good;
}

}  // namespace

}  // namespace bmsrig

int main() {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("bmsrig_trace_benchmark_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    // The day first: peak memory is that of the whole process.
    bool good = bmsrig::run_a_day(folder / "day.bmsrec");
    good &= bmsrig::run_a_day_of_can(folder / "can.bmsrec");
    good &= bmsrig::run_summary(folder / "can.bmsrec");
    good &= bmsrig::run_measurements(folder / "measurements.bmsrec");
    good &= bmsrig::run_append();
    std::filesystem::remove_all(folder);
    return good ? 0 : 1;
}
