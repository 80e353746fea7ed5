#include "drivers/gpio/gpio_line_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "drivers/gpio/testing/scripted_bench.h"
#include "rig/error.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class GpioLineDriverTest : public testing::Test {
  protected:
    /// LINE_1 to LINE_3; the second is active low.
    LineDriver& make(const Options& more = {}) {
        Options options{
            {"chip", "scripted"}, {"lines", "LINE_1 LINE_2 LINE_3"}, {"active_low", "LINE_2"}};
        options.insert(options.end(), more.begin(), more.end());
        InstrumentSpec spec = spec_of("switches", "gpio_line_driver", options);
        instrument_ = make_gpio_line_driver(spec, {scheduler_, 1, &reactor_}, gpio_);
        spec.finish();
        return dynamic_cast<LineDriver&>(*instrument_);
    }

    Scheduler scheduler_;
    Reactor reactor_;
    ScriptedGpio gpio_;
    std::unique_ptr<Instrument> instrument_;
};

TEST_F(GpioLineDriverTest, RequestsItsContactsOpen) {
    make();
    EXPECT_THAT(gpio_.take_requests(),
                ElementsAre("open /dev/gpiochip0", "output 1 for bmsrig switches: inactive",
                            "output 2 for bmsrig switches: active low, inactive",
                            "output 3 for bmsrig switches: inactive"));
}

TEST_F(GpioLineDriverTest, AContactHasSettledAfterItsOperateTime) {
    LineDriver& contacts = make({{"operate_time", "15 ms"}});
    gpio_.take_requests();
    scheduler_.run_until(Instant{milliseconds{4}});
    contacts.set(2, true);
    contacts.set(2, true);
    EXPECT_THAT(gpio_.take_requests(), ElementsAre("set 2 active"));
    EXPECT_EQ(contacts.settled_at(), Instant{milliseconds{19}});
}

TEST_F(GpioLineDriverTest, IsSafeBeforeItsLinesAreReleased) {
    LineDriver& contacts = make({{"safe", "open closed hold"}});
    contacts.set(1, true);
    contacts.set(3, true);
    gpio_.take_requests();
    instrument_.reset();
    EXPECT_THAT(gpio_.take_requests(), ElementsAre("set 1 inactive", "set 2 active", "release 1",
                                                   "release 2", "release 3"));
}

TEST_F(GpioLineDriverTest, TellsTheGuardElectricalLevels) {
    const auto actions = make({{"safe", "closed closed hold"}}).safe_actions();
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_EQ(actions[0].kind, SafeAction::Kind::lines);
    EXPECT_EQ(actions[0].path, "/dev/gpiochip0");
    EXPECT_THAT(actions[0].levels, ElementsAre(Pair(1U, true), Pair(2U, false)));
    EXPECT_THAT(actions[0].does, HasSubstr("2 contacts of \"switches\" on /dev/gpiochip"));
}

TEST_F(GpioLineDriverTest, NeedsNoGuardWhereEverythingIsHeld) {
    LineDriver& contacts = make({{"safe", "hold"}});
    EXPECT_THAT(contacts.safe_actions(), IsEmpty());
    contacts.set(1, true);
    contacts.make_safe();
    EXPECT_TRUE(contacts.is_closed(1));
}

TEST_F(GpioLineDriverTest, RefusesSafePositionsThatDoNotFit) {
    for (const std::string wrong : {"open closed", "ajar", "open open ajar"}) {
        const std::string text = text_of<InputError>([&] { make({{"safe", wrong}}); });
        EXPECT_THAT(text, HasSubstr("bench.yaml:14: instruments.switches.safe: \"" + wrong + "\""));
    }
}

TEST_F(GpioLineDriverTest, AContactThatDidNotMoveIsNotTakenForMoved) {
    LineDriver& contacts = make();
    gpio_.fail("set 3", ENODEV);
    EXPECT_THROW(contacts.set(3, true), InstrumentError);
    EXPECT_FALSE(contacts.is_closed(3));
}

}  // namespace
}  // namespace bmsrig
