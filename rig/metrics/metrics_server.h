// Figures of a running rig for Prometheus, over HTTP. Off unless asked for; loopback only unless
// told otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "rig/loop.h"
#include "rig/verdict.h"

namespace bmsrig {

/// Who may read the figures: programs on this machine, or whoever reaches the address.
enum class MetricsReach : unsigned char { loopback, network };

/// Serves, at /metrics:
///
/// | name                          | type      | meaning |
/// |-------------------------------|-----------|---------------------------------------------------|
/// | bmsrig_runs_total             | counter   | finished runs, by `verdict` | | bmsrig_tests_total
/// | counter   | finished tests, by `verdict`                      | | bmsrig_test_duration_seconds
/// | histogram | real time of a test                               | | bmsrig_link_exchanges_total
/// | counter   | exchanges with BMS processes                      | | bmsrig_link_exchange_seconds
/// | histogram | real time of an exchange                          | | bmsrig_uut_restarts_total |
/// counter   | starts of a BMS process after its first in a test | |
/// bmsrig_instrument_errors_total| counter   | instruments that refused, failed or lied          |
/// | bmsrig_trace_changes          | gauge     | changes in the trace of the test being run | |
/// bmsrig_trace_bytes            | gauge     | memory that the trace takes                       |
///
/// All functions may be called from any thread.
class MetricsServer {
  public:
    /// `address` is "127.0.0.1:9464", "[::1]:9464" or "localhost:9464"; port 0 takes a free one.
    /// Throws InputError if it is no such address, or not a loopback one where `reach` says so;
    /// Error if nothing can listen there, such as when another program does.
    explicit MetricsServer(const std::string& address, MetricsReach reach = MetricsReach::loopback);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    [[nodiscard]] int port() const;
    /// "http://127.0.0.1:9464/metrics".
    [[nodiscard]] std::string url() const;

    void count_run(Verdict verdict);
    /// Also notes how long it took in real time.
    void count_test(Verdict verdict, double seconds);
    /// Adds exchanges that have not been added before.
    void add_exchanges(const ExchangeTimes& times);
    void count_uut_restarts(std::uint64_t restarts = 1);
    void count_instrument_error();
    void set_trace(std::uint64_t changes, std::uint64_t bytes);

  private:
    struct Figures;
    std::unique_ptr<Figures> figures_;
};

}  // namespace bmsrig
