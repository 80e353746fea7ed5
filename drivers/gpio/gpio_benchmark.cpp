// From the kernel's stamp of an edge to the rig's trace, against a loop that does nothing but read
// the same line with libgpiod: in turns in the same run, both with the rig's priority, on the
// simulated chip that BMSRIG_GPIO_CHIP names (make kernel-test has one).
#include <gpiod.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include "drivers/gpio/gpio_line_bank.h"
#include "drivers/gpio/gpio_sim.h"
#include "rig/clock.h"
#include "rig/line_inputs.h"
#include "rig/real_time.h"
#include "rig/scheduler.h"
#include "rig/system_time.h"
#include "rig/test_folder.h"
#include "rig/wiring.h"

namespace {

using namespace bmsrig;

constexpr unsigned line = 0;
constexpr int edges = 500;
constexpr int rounds = 3;
constexpr double wanted_ratio = 1.3;

/// Moves the line every 2 ms, as somebody else than whoever reads it and without its priority.
class Mover {
  public:
    explicit Mover(const std::string& chip) : sim_(chip) { sim_.pull(line, false); }
    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) {
            for (bool up = true; !stop.stop_requested(); up = !up) {
                std::this_thread::sleep_for(std::chrono::milliseconds{2});
                sim_.pull(line, up);
            }
        });
    }
    void stop() {
        thread_ = {};
        sim_.pull(line, false);
    }

  private:
    GpioSim sim_;
    std::jthread thread_;
};

/// CLOCK_MONOTONIC, which has the kernel's stamps.
double microseconds_since(Duration stamp) {
    return to_seconds(read_clock(CLOCK_MONOTONIC) - stamp) * 1e6;
}

#if LIBGPIOD_MAJOR < 2
std::vector<double> bare_loop(const std::string& path) {
    std::vector<double> latencies;
    gpiod_chip* chip = gpiod_chip_open(path.c_str());
    gpiod_line* input = gpiod_chip_get_line(chip, line);
    if (gpiod_line_request_both_edges_events(input, "bare loop") < 0) {
        throw std::runtime_error("the line is taken");
    }
    while (latencies.size() < edges) {
        gpiod_line_event event{};
        if (gpiod_line_event_wait(input, nullptr) != 1) continue;
        if (gpiod_line_event_read(input, &event) < 0) continue;
        latencies.push_back(
            microseconds_since(std::chrono::seconds{event.ts.tv_sec} + Duration{event.ts.tv_nsec}));
    }
    gpiod_chip_close(chip);
    return latencies;
}
#else
std::vector<double> bare_loop(const std::string& path) {
    std::vector<double> latencies;
    gpiod_chip* chip = gpiod_chip_open(path.c_str());
    gpiod_line_settings* settings = gpiod_line_settings_new();
    gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
    gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
    gpiod_line_config* config = gpiod_line_config_new();
    gpiod_line_config_add_line_settings(config, &line, 1, settings);
    gpiod_line_request* input = gpiod_chip_request_lines(chip, nullptr, config);
    if (input == nullptr) throw std::runtime_error("the line is taken");
    gpiod_edge_event_buffer* buffer = gpiod_edge_event_buffer_new(1);
    while (latencies.size() < edges) {
        if (gpiod_line_request_wait_edge_events(input, -1) != 1) continue;
        if (gpiod_line_request_read_edge_events(input, buffer, 1) < 1) continue;
        gpiod_edge_event* event = gpiod_edge_event_buffer_get_event(buffer, 0);
        latencies.push_back(microseconds_since(
            Duration{static_cast<std::int64_t>(gpiod_edge_event_get_timestamp_ns(event))}));
    }
    gpiod_edge_event_buffer_free(buffer);
    gpiod_line_request_release(input);
    gpiod_line_config_free(config);
    gpiod_line_settings_free(settings);
    gpiod_chip_close(chip);
    return latencies;
}
#endif

/// The rig's own way: the clock waits, the reactor wakes the driver, the trace has the edge.
std::vector<double> rig_loop(const std::string& path, const Wiring& wiring) {
    Reactor reactor;
    Scheduler scheduler;
    const auto clock = make_real_clock(reactor);
    InstrumentSpec spec;
    spec.name = "lines";
    spec.driver = "gpio_line_bank";
    spec.options = {{"chip", path, 1}, {"lines", std::to_string(line), 2}};
    const auto bank = make_gpio_line_bank(spec, {scheduler, 1, &reactor});
    Trace trace;
    LineInputs inputs(trace);
    inputs.declare(wiring, {{"lines", bank.get()}});
    clock->restart();
    bank->restart(1);
    inputs.begin(clock->now());
    std::vector<double> latencies;
    const SignalId signal = inputs.signal("edge");
    std::uint64_t seen = trace.size();
    while (latencies.size() < edges) {
        clock->wait_until(scheduler.next_due().value_or(clock->now() + std::chrono::seconds{1}));
        scheduler.run_until(std::max(scheduler.now(), clock->now()));
        inputs.take_edges();
        if (trace.size() == seen) continue;
        const Instant known = reactor.now();
        seen = trace.size();
        latencies.push_back(to_seconds(known - trace.last(signal)->time) * 1e6);
    }
    return latencies;
}

double quantile(std::vector<double> values, double part) {
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * part);
    std::ranges::nth_element(values, at);
    return *at;
}

void add(std::vector<double>& all, const std::vector<double>& some) {
    all.insert(all.end(), some.begin(), some.end());
}

}  // namespace

int main() {
    const char* chip = std::getenv("BMSRIG_GPIO_CHIP");
    if (chip == nullptr || !GpioSim::is_one(chip)) {
        std::puts(
            "gpio_benchmark: BMSRIG_GPIO_CHIP names no simulated GPIO chip; it is run by "
            "make kernel-test");
        return 0;
    }
    TestFolder folder;
    const Wiring wiring = Wiring::load(
        parse_yaml("format: 1\ninputs: {}\nloads: {}\nreadings: {}\nbuses: {}\nlines:\n"
                   "  edge: {port: edge, reader: lines.1, debounce: 0 s}\n",
                   "wiring.yaml"),
        {});
    const RealTime real_time;
    Mover mover(chip);
    std::vector<double> bare;
    std::vector<double> ours;
    for (int round = 0; round < rounds; ++round) {
        mover.start();
        add(bare, bare_loop(chip));
        add(ours, rig_loop(chip, wiring));
        mover.stop();
    }
    const double median = quantile(ours, 0.5) / quantile(bare, 0.5);
    const double tail = quantile(ours, 0.99) / quantile(bare, 0.99);
    std::printf("edge to trace, kernel's stamp to the rig's trace (%zu edges)\n", ours.size());
    std::printf("  bare libgpiod loop  median %.1f us, p99 %.1f us\n", quantile(bare, 0.5),
                quantile(bare, 0.99));
    std::printf("  rig                 median %.1f us, p99 %.1f us\n", quantile(ours, 0.5),
                quantile(ours, 0.99));
    std::printf("  ratio               median %.2f, p99 %.2f (at most %.1f)%s\n", median, tail,
                wanted_ratio, median <= wanted_ratio && tail <= wanted_ratio ? "" : "  MISSED");
    return 0;
}
