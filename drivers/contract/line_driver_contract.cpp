// What every line driver must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/served.h"
#include "drivers/gpio/testing/scripted_bench.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {
namespace {

class LineDriverContract : public DriverContract {
  protected:
    LineDriver& contacts() { return as<LineDriver>(); }
    void expect_stands(int channel, bool closed) {
        EXPECT_EQ(contacts().is_closed(channel), closed) << "channel " << channel;
        if (terminals() == nullptr) return;
        EXPECT_EQ(terminals()->terminal_value(channel), closed ? 1 : 0);
    }
};

TEST_P(LineDriverContract, IsOpenAfterPowerOn) {
    for (int channel = 1; channel <= contacts().channels(); ++channel) {
        expect_stands(channel, false);
    }
}

TEST_P(LineDriverContract, ClosesAndOpensOneContactAlone) {
    contacts().set(1, true);
    settle();
    expect_stands(1, true);
    expect_stands(2, false);
    contacts().set(2, true);
    contacts().set(1, false);
    settle();
    expect_stands(1, false);
    expect_stands(2, true);
}

TEST_P(LineDriverContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, contacts().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { contacts().set(channel, true); }, named);
        expect_refused([&] { (void)contacts().is_closed(channel); }, named);
    }
}

TEST_P(LineDriverContract, OpensEveryContactWhenMadeSafe) {
    for (int channel = 1; channel <= contacts().channels(); ++channel)
        contacts().set(channel, true);
    settle();
    contacts().make_safe();
    contacts().make_safe();
    settle();
    for (int channel = 1; channel <= contacts().channels(); ++channel) {
        expect_stands(channel, false);
    }
}

TEST_P(LineDriverContract, StartsAnewWithEachTest) {
    contacts().set(1, true);
    settle();
    contacts().set(2, true);
    restart(seed);
    expect_stands(1, false);
    expect_stands(2, false);
    run_until(instant_from_ns(20'000'000));
    expect_stands(2, false);  // what was on its way has been forgotten
    contacts().set(2, true);
    settle();
    expect_stands(2, true);
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, LineDriverContract,
    testing::Values(DriverCase{"virtual_line_driver", {}}, scripted_gpio_line_driver(),
                    served("scpi_line_driver", "virtual_line_driver"),
                    // Real ones need real time; this shows that they can be here.
                    DriverCase{"virtual_line_driver", {}, ClockKind::real_time}),
    case_name);

}  // namespace
}  // namespace bmsrig
