// How fast the whole loop runs: simulated seconds per wall second on both carriers, and what a
// measurement costs.
#include <chrono>
#include <cstdio>
#include <string>

#include "drivers/can/catalogue.h"
#include "drivers/registry.h"
#include "rig/rig.h"

namespace {

using namespace std::chrono_literals;
using bmsrig::Rig;

double wall_seconds() {
    return bmsrig::to_seconds(bmsrig::stopwatch());
}

Rig open_rig(const std::string& product, const std::string& uut) {
    bmsrig::RigOptions options;
    options.fixture = std::string(BMSRIG_SOURCE_DIR) + "/fixtures/" + product;
    options.bench = options.fixture / "benches/virtual.yaml";
    options.uut = uut;
    options.process_folder = BMSRIG_PROCESS_FOLDER;
    options.can_databases.built_in = bmsrig::can_databases();
    return {std::move(options), bmsrig::make_instrument};
}

/// What the plan does most: a cell sinks, is warned of and shed, recovers, and the battery is
/// watched for a while.
void one_episode(Rig& rig, int cell) {
    const std::string port = "cell." + std::to_string(cell);
    rig.stimuli().apply(port, 2.70, rig.now());
    rig.wait_for(rig.line_signal("pre_alarm"), 1, 5s);
    rig.wait_for(rig.line_signal("load"), 0, 60s);
    rig.stimuli().apply(port, 3.30, rig.now());
    rig.wait_for(rig.line_signal("load"), 1, 5s);
    rig.run_for(120s);
}

/// A REC 2Q with 16 cells in use: a cell and the current move once a minute, and every 100 ms its
/// eight CAN frames go over the bus, are decoded and land in the trace.
void one_minute(Rig& rig, int cell) {
    rig.stimuli().apply("cell." + std::to_string(cell), 3.30 + 0.001 * cell, rig.now());
    rig.stimuli().apply("shunt", 0.001 * cell, rig.now());
    rig.run_for(60s);
}

bool simulated_per_wall(const char* carrier, const std::string& product, const std::string& uut,
                        void (*work)(Rig&, int), int cells, double wanted) {
    Rig rig = open_rig(product, uut);
    rig.begin_test(1);
    const bmsrig::Instant start = rig.now();
    const double before = wall_seconds();
    double wall = 0;
    for (int i = 0; wall < 1.0; ++i) {
        work(rig, 1 + i % cells);
        if (i % 16 == 0) wall = wall_seconds() - before;
    }
    wall = wall_seconds() - before;
    const double ratio = bmsrig::to_seconds(rig.now() - start) / wall;
    const auto exchanges = static_cast<double>(rig.exchanges());
    std::printf(
        "%-24s %12.0f simulated s per wall s  (limit %.0f, ratio %.2f); %.0f exchanges, %.2f us "
        "each\n",
        carrier, ratio, wanted, ratio / wanted, exchanges, wall / exchanges * 1e6);
    return ratio >= wanted;
}

bool measurement_cost() {
    Rig rig = open_rig("victron_smallbms", VICTRON_SMALLBMS_SO);
    rig.begin_test(1);
    constexpr int count = 1'000'000;
    const double before = wall_seconds();
    for (int i = 0; i < count; ++i) rig.measure("under_voltage_threshold", 2.80, 0.001, "cell 1");
    const double each = (wall_seconds() - before) / count;
    std::printf("%-24s %12.3f us  (limit 2 us, ratio %.2f)\n", "measurement", each * 1e6,
                each / 2e-6);
    return each <= 2e-6;
}

}  // namespace

int main() {
    const char* small = "victron_smallbms";
    bool good = simulated_per_wall("smallBMS, process", small, VICTRON_SMALLBMS_PROGRAM,
                                   one_episode, 4, 50'000);
    good = simulated_per_wall("smallBMS, shared object", small, VICTRON_SMALLBMS_SO, one_episode, 4,
                              1'000'000) &&
           good;
    good = simulated_per_wall("REC 2Q, process", "rec_2q", REC_2Q_PROGRAM, one_minute, 16, 5'000) &&
           good;
    good =
        simulated_per_wall("REC 2Q, shared object", "rec_2q", REC_2Q_SO, one_minute, 16, 50'000) &&
        good;
    good = measurement_cost() && good;
    std::puts(good ? "all within their limits" : "A LIMIT IS MISSED");
    return 0;
}
