#include "rig/metrics/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rig/error.h"
#include "rig/metrics/listen_address.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

/// What a scrape over HTTP answers, headers included.
std::string scrape(const MetricsServer& server) {
    const Connection connection(parse_listen_address("127.0.0.1:" + std::to_string(server.port())));
    return connection.ask("GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
}

std::string refusal(const std::string& address, MetricsReach reach = MetricsReach::loopback) {
    try {
        const MetricsServer server(address, reach);
    } catch (const InputError& problem) {
        return problem.what();
    }
    return "";
}

TEST(MetricsServerTest, ShowsEverythingAtZeroFromTheStart) {
    const MetricsServer server("127.0.0.1:0");
    const std::string text = scrape(server);
    EXPECT_THAT(text, HasSubstr("200 OK"));
    for (const auto* verdict : {"pass", "inconclusive", "fail", "aborted", "error"}) {
        const std::string label = std::string("{verdict=\"") + verdict + "\"} 0\n";
        EXPECT_THAT(text, HasSubstr("bmsrig_runs_total" + label));
        EXPECT_THAT(text, HasSubstr("bmsrig_tests_total" + label));
    }
    for (const auto* name :
         {"bmsrig_test_duration_seconds_count", "bmsrig_link_exchanges_total",
          "bmsrig_link_exchange_seconds_count", "bmsrig_uut_restarts_total",
          "bmsrig_instrument_errors_total", "bmsrig_trace_changes", "bmsrig_trace_bytes"}) {
        EXPECT_THAT(text, HasSubstr(std::string(name) + " 0\n"));
    }
}

TEST(MetricsServerTest, CountsRunsAndTestsByVerdict) {
    MetricsServer server("127.0.0.1:0");
    server.count_run(Verdict::fail);
    server.count_test(Verdict::pass, 0.002);
    server.count_test(Verdict::pass, 0.02);
    server.count_test(Verdict::error, 1000);
    const std::string text = scrape(server);
    EXPECT_THAT(text, HasSubstr("bmsrig_runs_total{verdict=\"fail\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_runs_total{verdict=\"pass\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_tests_total{verdict=\"pass\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_tests_total{verdict=\"error\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_test_duration_seconds_count 3\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_test_duration_seconds_bucket{le=\"0.001\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_test_duration_seconds_bucket{le=\"0.003\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_test_duration_seconds_bucket{le=\"0.03\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_test_duration_seconds_bucket{le=\"+Inf\"} 3\n"));
}

TEST(MetricsServerTest, AddsExchangesInBulk) {
    MetricsServer server("127.0.0.1:0");
    ExchangeTimes times;
    times.counts = {1, 20, 300, 0, 0, 0, 2};
    times.total_seconds = 0.25;
    server.add_exchanges(times);
    server.add_exchanges(times);
    const std::string text = scrape(server);
    EXPECT_THAT(text, HasSubstr("bmsrig_link_exchanges_total 646\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_link_exchange_seconds_count 646\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_link_exchange_seconds_sum 0.5\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_link_exchange_seconds_bucket{le=\"1e-05\"} 42\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_link_exchange_seconds_bucket{le=\"0.01\"} 642\n"));
}

TEST(MetricsServerTest, CountsRestartsErrorsAndTheTrace) {
    MetricsServer server("127.0.0.1:0");
    server.count_uut_restarts();
    server.count_uut_restarts(4);
    server.count_instrument_error();
    server.set_trace(1000, 32000);
    server.set_trace(500, 16000);
    const std::string text = scrape(server);
    EXPECT_THAT(text, HasSubstr("bmsrig_uut_restarts_total 5\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_instrument_errors_total 1\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_trace_changes 500\n"));
    EXPECT_THAT(text, HasSubstr("bmsrig_trace_bytes 16000\n"));
}

TEST(MetricsServerTest, SaysWhereItListens) {
    const MetricsServer server("localhost:0");
    EXPECT_GT(server.port(), 0);
    EXPECT_EQ(server.url(), "http://127.0.0.1:" + std::to_string(server.port()) + "/metrics");
}

TEST(MetricsServerTest, AnAddressInUseIsAnErrorThatSaysSo) {
    const MetricsServer first("127.0.0.1:0");
    const std::string address = "127.0.0.1:" + std::to_string(first.port());
    try {
        const MetricsServer second(address);
        FAIL() << "two servers listen at " << address;
    } catch (const Error& problem) {
        EXPECT_THAT(problem.what(), HasSubstr(address));
        EXPECT_THAT(problem.what(), HasSubstr("another program listens there"));
    }
}

TEST(MetricsServerTest, AnswersOnlyThisMachineUnlessToldOtherwise) {
    for (const auto* address : {"0.0.0.0:0", "192.0.2.1:9464", "[::]:9464"}) {
        EXPECT_THAT(refusal(address), HasSubstr("expected a loopback address")) << address;
    }
    EXPECT_EQ(refusal("0.0.0.0:0", MetricsReach::network), "");
}

TEST(MetricsServerTest, RefusesWhatIsNoAddress) {
    for (const auto* address :
         {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:65536",
          "127.0.0.1:-1", "127.0.0.1:94640000000000", "127.0.0.1:9464 ", "example.org:9464",
          "::1:9464", "[::1:9464", "[::g]:9464", "127.0.0.1:9464,0.0.0.0:80", ":9464"}) {
        const std::string text = refusal(address);
        EXPECT_THAT(text, HasSubstr("\"" + std::string(address) + "\"")) << address;
        EXPECT_THAT(text, HasSubstr("expected an address and a port such as 127.0.0.1:9464"))
            << address;
    }
    EXPECT_LT(refusal(std::string(10000, 'x')).size(), 300U);
}

TEST(MetricsServerTest, LeavesTheAddressWhenItEnds) {
    std::string address;
    {
        const MetricsServer server("127.0.0.1:0");
        address = "127.0.0.1:" + std::to_string(server.port());
    }
    EXPECT_FALSE(Connection(parse_listen_address(address)).is_open());
    EXPECT_NO_THROW(MetricsServer{address});
}

}  // namespace
}  // namespace bmsrig
