#include "rig/can_traffic.h"

#include <gmock/gmock.h>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pair;

class CanTrafficTest : public testing::Test {
  protected:
    /// A frame of this identifier ends at `end`, having held the bus so long.
    void frame(Duration end, Duration on_wire = 200us, std::uint32_t id = 0x351,
               CanEvent::Kind kind = CanEvent::Kind::received) {
        CanEvent event{.kind = kind, .time = Instant{end}, .on_wire = on_wire};
        event.frame.id = id;
        traffic_.take(event);
    }
    void error(Duration end) {
        traffic_.take({.kind = CanEvent::Kind::error,
                       .time = Instant{end},
                       .on_wire = 40us,
                       .error = CanError::coding});
    }
    /// The changes of a signal: when, and to what.
    std::vector<std::pair<Duration, double>> changes(const char* signal) {
        std::vector<std::pair<Duration, double>> found;
        for (const auto& change : trace_.changes(trace_.require(signal), Instant{})) {
            found.emplace_back(change.time.time_since_epoch(), change.value);
        }
        return found;
    }
    Trace trace_;
    CanTraffic traffic_{trace_, "can", Instant{}};
};

TEST_F(CanTrafficTest, MeasuresThePeriodsOfEachIdentifier) {
    EXPECT_EQ(traffic_.identifier(0x351, false), nullptr);
    frame(10ms);
    EXPECT_EQ(traffic_.identifier(0x351, false)->count, 1);
    EXPECT_EQ(traffic_.identifier(0x351, false)->mean(), 0s);
    frame(12ms, 200us, 0x355);
    frame(110ms);
    frame(230ms);
    frame(310ms);
    const CanIdentifier& heard = *traffic_.identifier(0x351, false);
    EXPECT_EQ(heard.count, 4);
    EXPECT_EQ(heard.period, 80ms);
    EXPECT_EQ(heard.shortest, 80ms);
    EXPECT_EQ(heard.longest, 120ms);
    EXPECT_EQ(heard.mean(), 100ms);
    EXPECT_EQ(traffic_.identifier(0x351, true), nullptr);
    EXPECT_THAT(changes("bus.can.0x351.period"),
                ElementsAre(Pair(110ms, 0.1), Pair(230ms, 0.12), Pair(310ms, 0.08)));
    EXPECT_FALSE(trace_.find("bus.can.0x355.period")) << "it came once only";
}

TEST_F(CanTrafficTest, RoundsPeriodsForTheTraceAlone) {
    frame(0ms);
    frame(100ms);
    frame(200ms + 30us);
    frame(300ms + 90us);
    EXPECT_THAT(changes("bus.can.0x351.period"),
                ElementsAre(Pair(100ms, 0.1), Pair(300ms + 90us, 0.1001)));
    EXPECT_EQ(traffic_.identifier(0x351, false)->period, 100ms + 60us);
}

TEST_F(CanTrafficTest, TellsTheLoadOfEachSecond) {
    for (int i = 1; i <= 10; ++i) frame(i * 100ms, 1ms);  // 1 % of the first second
    frame(1500ms, 20ms, 0x305, CanEvent::Kind::sent);
    error(1600ms);
    traffic_.pass(Instant{5s});
    EXPECT_THAT(
        changes("bus.can.load"),
        ElementsAre(Pair(1s, DoubleNear(1, 1e-9)), Pair(2s, DoubleNear(2.004, 1e-9)), Pair(3s, 0)));
    frame(7300ms, 10ms);
    traffic_.pass(Instant{8s});
    EXPECT_THAT(changes("bus.can.load").back(), Pair(8s, DoubleNear(1, 1e-9)));
}

TEST_F(CanTrafficTest, SharesAFrameBetweenTheSecondsInWhichItStood) {
    frame(1s + 3ms, 10ms);
    traffic_.pass(Instant{2s});
    EXPECT_THAT(changes("bus.can.load"),
                ElementsAre(Pair(1s, DoubleNear(0.7, 1e-9)), Pair(2s, DoubleNear(0.3, 1e-9))));
}

TEST_F(CanTrafficTest, CountsErrorFramesAndNothingOfTheRigsOwn) {
    frame(1ms, 200us, 0x305, CanEvent::Kind::sent);
    EXPECT_EQ(traffic_.identifier(0x305, false), nullptr);
    error(2ms);
    error(3ms);
    EXPECT_THAT(changes("bus.can.error_frames"), ElementsAre(Pair(2ms, 1), Pair(3ms, 2)));
}

TEST(CanTraffic, BeginsWhenItIsTold) {
    Trace trace;
    CanTraffic first(trace, "can", Instant{});
    first.pass(Instant{30s});
    CanTraffic second(trace, "can", Instant{30s});  // the UUT is switched on again
    CanEvent event{.time = Instant{30s + 400ms}, .on_wire = 5ms};
    event.frame.id = 0x18FF50E5;
    event.frame.extended = true;
    for (int i = 0; i < 2; ++i) {
        second.take(event);
        event.time += 200ms;
    }
    second.pass(Instant{31s});
    EXPECT_NEAR(trace.last(trace.require("bus.can.load"))->value, 1, 1e-9);
    EXPECT_EQ(trace.last(trace.require("bus.can.0x18ff50e5.period"))->value, 0.2);
}

}  // namespace
}  // namespace bmsrig
