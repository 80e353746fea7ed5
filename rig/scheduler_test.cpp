#include "rig/scheduler.h"

#include <gtest/gtest.h>

#include <vector>

#include "rig/error.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

TEST(Scheduler, RunsInOrderOfTimeThenOfScheduling) {
    Scheduler scheduler;
    std::vector<int> order;
    scheduler.schedule(instant_from_ns(20), [&] { order.push_back(3); });
    scheduler.schedule(instant_from_ns(10), [&] { order.push_back(1); });
    scheduler.schedule(instant_from_ns(10), [&] { order.push_back(2); });
    EXPECT_EQ(scheduler.next_due(), instant_from_ns(10));
    scheduler.run_until(instant_from_ns(19));
    EXPECT_EQ(order, (std::vector{1, 2}));
    EXPECT_EQ(scheduler.now(), instant_from_ns(19));
    scheduler.run_until(instant_from_ns(20));
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
    EXPECT_FALSE(scheduler.next_due());
}

TEST(Scheduler, AnEventSeesItsOwnTimeAndMaySchedule) {
    Scheduler scheduler;
    std::vector<std::int64_t> times;
    scheduler.schedule(instant_from_ns(5), [&] {
        times.push_back(to_ns(scheduler.now()));
        scheduler.schedule(scheduler.now(), [&] { times.push_back(to_ns(scheduler.now())); });
        scheduler.schedule(instant_from_ns(7), [&] { times.push_back(to_ns(scheduler.now())); });
    });
    scheduler.run_until(instant_from_ns(100));
    EXPECT_EQ(times, (std::vector<std::int64_t>{5, 5, 7}));
}

TEST(Scheduler, CancelledEventsDoNotRun) {
    Scheduler scheduler;
    int runs = 0;
    const auto id = scheduler.schedule(instant_from_ns(1), [&] { ++runs; });
    scheduler.schedule(instant_from_ns(2), [&] { ++runs; });
    scheduler.cancel(id);
    scheduler.cancel(9999);
    EXPECT_EQ(scheduler.next_due(), instant_from_ns(2));
    scheduler.run_until(instant_from_ns(3));
    scheduler.cancel(id);
    EXPECT_EQ(runs, 1);
}

TEST(Scheduler, TimeNeverGoesBack) {
    Scheduler scheduler;
    scheduler.run_until(instant_from_ns(10));
    EXPECT_THROW(scheduler.schedule(instant_from_ns(9), [] {}), Error);
    EXPECT_THROW(scheduler.run_until(instant_from_ns(9)), Error);
    scheduler.restart();
    EXPECT_EQ(scheduler.now(), Instant{});
}

}  // namespace
}  // namespace bmsrig
