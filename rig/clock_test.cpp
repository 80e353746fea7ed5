#include "rig/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <ctime>
#include <stdexcept>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using Woken = Clock::Woken;

TEST(VirtualClock, JumpsAndNeverGoesBack) {
    const auto clock = make_virtual_clock();
    EXPECT_EQ(clock->wait_until(Instant{24h}), Woken::at_deadline);
    EXPECT_EQ(clock->now(), Instant{24h});
    EXPECT_EQ(clock->wait_until(Instant{1h}), Woken::at_deadline);
    EXPECT_EQ(clock->now(), Instant{24h});
    clock->restart();
    EXPECT_EQ(clock->now(), Instant{});
}

class RealClock : public testing::Test {
  protected:
    Reactor reactor_;
    std::unique_ptr<Clock> clock_ = make_real_clock(reactor_);
};

TEST_F(RealClock, ReachesItsDeadlines) {
    clock_->restart();
    const Instant deadline = clock_->now() + 2ms;
    EXPECT_EQ(clock_->wait_until(deadline), Woken::at_deadline);
    EXPECT_GE(clock_->now(), deadline);
    EXPECT_EQ(clock_->wait_until(Instant{}), Woken::at_deadline) << "a past one returns at once";
}

TEST_F(RealClock, WaitsNeverSoLongThatNobodyLooksWhetherToStop) {
    clock_->restart();
    EXPECT_EQ(clock_->wait_until(Instant{1h}), Woken::in_between);
    EXPECT_LT(clock_->now(), Instant{1h});
}

TEST_F(RealClock, TellsThatAHandlerRan) {
    bool ran = false;
    boost::asio::post(reactor_.io(), [&] { ran = true; });
    EXPECT_EQ(clock_->wait_until(clock_->now() + 1h), Woken::by_event);
    EXPECT_TRUE(ran);
}

TEST_F(RealClock, LetsAHandlersExceptionThrough) {
    boost::asio::post(reactor_.io(), [] { throw std::runtime_error("half a line"); });
    EXPECT_THROW(clock_->wait_until(clock_->now() + 1h), std::runtime_error);
    EXPECT_EQ(clock_->wait_until(clock_->now() + 1ms), Woken::at_deadline) << "and goes on";
}

TEST(Reactor, PutsTheKernelsStampsOnTheRigsTimeLine) {
    Reactor reactor;
    reactor.restart();
    const auto read = [](clockid_t clock) {
        timespec t{};
        clock_gettime(clock, &t);
        return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
    };
    const Instant before = reactor.now();
    const Instant monotonic = reactor.at_monotonic(read(CLOCK_MONOTONIC));
    const Instant realtime = reactor.at_realtime(read(CLOCK_REALTIME));
    EXPECT_GE(monotonic, before);
    EXPECT_LE(monotonic, reactor.now());
    // Both clocks are read one after the other, never at once.
    EXPECT_NEAR(to_seconds(realtime - monotonic), 0, 1.0);
    EXPECT_EQ(reactor.at_realtime(read(CLOCK_REALTIME) - 24h) < Instant{}, true);
}

TEST(Reactor, WaitsForWhatAHandlerBringsAndGivesUpInTime) {
    Reactor reactor;
    bool came = false;
    boost::asio::post(reactor.io(), [&] { came = true; });
    EXPECT_TRUE(reactor.wait([&] { return came; }, 1h));
    EXPECT_FALSE(reactor.wait([] { return false; }, 2ms));
}

TEST(Reactor, LetsTheWholeRigRunWhileADriverWaits) {
    Reactor reactor;
    int steps = 0;
    reactor.set_runner([&](Instant) { ++steps; });
    EXPECT_TRUE(reactor.wait([&] { return steps == 3; }, 1h));
}

}  // namespace
}  // namespace bmsrig
