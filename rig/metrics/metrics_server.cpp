#include "rig/metrics/metrics_server.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <csignal>
#include <future>
#include <map>
#include <system_error>
#include <vector>

#include "rig/error.h"
#include "rig/metrics/listen_address.h"
#include "rig/signals_blocked.h"

namespace bmsrig {

namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

/// Upper ends in seconds: a virtual test takes milliseconds, one on real hardware minutes.
const Histogram::BucketBoundaries test_seconds{0.001, 0.003, 0.01, 0.03, 0.1, 0.3,
                                               1,     3,     10,   30,   100, 300};

ListenAddress checked(const std::string& text, MetricsReach reach) {
    ListenAddress address = parse_listen_address(text);
    if (reach == MetricsReach::loopback && !address.is_loopback) {
        throw InputError(
            "metrics at " + address.text() +
            " could be read by other machines; expected a loopback address such as 127.0.0.1:9464, "
            "unless the network is allowed explicitly");
    }
    return address;
}

std::unique_ptr<prometheus::Exposer> listen(const ListenAddress& address) {
    const SignalsBlocked blocked;
    constexpr std::size_t threads = 1;
    try {
        return std::make_unique<prometheus::Exposer>(address.text(), threads);
    } catch (const std::exception&) {
        throw Error("metrics cannot be served at " + address.text() +
                    ": the address is not one of this machine's, or another program listens there "
                    "already; choose "
                    "another port, or 0 for any free one");
    }
}

Counter& counter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

Histogram& histogram(prometheus::Registry& registry, const std::string& name,
                     const std::string& help, const Histogram::BucketBoundaries& bounds) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

using ByVerdict = std::map<Verdict, Counter*>;

/// All verdicts from the start, at zero: what is missing cannot be told from what never happened.
ByVerdict by_verdict(prometheus::Registry& registry, const std::string& name,
                     const std::string& help) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    ByVerdict counters;
    for (const auto verdict :
         {Verdict::pass, Verdict::inconclusive, Verdict::fail, Verdict::aborted, Verdict::error}) {
        counters[verdict] = &family.Add({{"verdict", std::string(to_string(verdict))}});
    }
    return counters;
}

}  // namespace

struct MetricsServer::Figures {
    explicit Figures(const ListenAddress& where) : address(where), exposer(listen(where)) {
        address.port = exposer->GetListeningPorts().at(0);
        exposer->RegisterCollectable(registry);
    }

    std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
    ByVerdict runs = by_verdict(*registry, "bmsrig_runs_total", "Finished runs by verdict.");
    ByVerdict tests = by_verdict(*registry, "bmsrig_tests_total", "Finished tests by verdict.");
    Histogram& test_duration =
        histogram(*registry, "bmsrig_test_duration_seconds", "Real time of a test.", test_seconds);
    Counter& exchanges =
        counter(*registry, "bmsrig_link_exchanges_total", "Exchanges with BMS processes.");
    Histogram& exchange_duration = histogram(
        *registry, "bmsrig_link_exchange_seconds", "Real time of an exchange with a BMS process.",
        {ExchangeTimes::bounds.begin(), ExchangeTimes::bounds.end()});
    Counter& uut_restarts = counter(*registry, "bmsrig_uut_restarts_total",
                                    "Starts of a BMS process after its first in a test.");
    Counter& instrument_errors = counter(*registry, "bmsrig_instrument_errors_total",
                                         "Instruments that refused, failed or lied.");
    Gauge& trace_changes =
        gauge(*registry, "bmsrig_trace_changes", "Changes in the trace of the test being run.");
    Gauge& trace_bytes =
        gauge(*registry, "bmsrig_trace_bytes", "Memory that the trace takes, in bytes.");
    ListenAddress address;
    std::unique_ptr<prometheus::Exposer> exposer;  // last: nobody reads before all figures exist
};

MetricsServer::MetricsServer(const std::string& address, MetricsReach reach)
    : figures_(std::make_unique<Figures>(checked(address, reach))) {}

MetricsServer::~MetricsServer() {
    // The HTTP library looks only every two seconds whether it is to end; a visitor wakes it up.
    try {
        const auto ending = std::async(std::launch::async, [this] { figures_->exposer.reset(); });
        while (ending.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) {
            const Connection visitor(figures_->address);
        }
    } catch (const std::system_error&) {
        figures_->exposer.reset();  // no thread to be had: it just takes longer
    }
}

int MetricsServer::port() const {
    return figures_->address.port;
}

std::string MetricsServer::url() const {
    return "http://" + figures_->address.text() + "/metrics";
}

void MetricsServer::count_run(Verdict verdict) {
    figures_->runs.at(verdict)->Increment();
}

void MetricsServer::count_test(Verdict verdict, double seconds) {
    figures_->tests.at(verdict)->Increment();
    figures_->test_duration.Observe(seconds);
}

void MetricsServer::add_exchanges(const ExchangeTimes& times) {
    const std::vector<double> counts(times.counts.begin(), times.counts.end());
    double sum = 0;
    for (const double count : counts) sum += count;
    figures_->exchanges.Increment(sum);
    figures_->exchange_duration.ObserveMultiple(counts, times.total_seconds);
}

void MetricsServer::count_uut_restarts(std::uint64_t restarts) {
    figures_->uut_restarts.Increment(static_cast<double>(restarts));
}

void MetricsServer::count_instrument_error() {
    figures_->instrument_errors.Increment();
}

void MetricsServer::set_trace(std::uint64_t changes, std::uint64_t bytes) {
    figures_->trace_changes.Set(static_cast<double>(changes));
    figures_->trace_bytes.Set(static_cast<double>(bytes));
}

}  // namespace bmsrig
