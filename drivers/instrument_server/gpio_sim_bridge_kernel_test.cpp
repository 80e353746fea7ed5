// The virtual bank and contacts on one side of the simulated chip, the real drivers on the other.
#include "drivers/instrument_server/gpio_sim_bridge.h"

#include <gmock/gmock.h>

#include "drivers/contract/contract.h"
#include "drivers/gpio/testing/simulated_chip.h"
#include "drivers/instrument_server/bridge.h"

namespace bmsrig {
namespace {

using std::chrono::milliseconds;

class GpioSimBridgeTest : public SimulatedChip {
  protected:
    void serve(const std::string& driver, const Options& virtual_options, const Options& options) {
        instrument_spec_ = spec_of("unit", driver, virtual_options);
        virtual_ = make_instrument(instrument_spec_, {scheduler_});
        Options with_chip{{"chip", chip_}};
        with_chip.insert(with_chip.end(), options.begin(), options.end());
        InstrumentSpec spec = spec_of("unit", driver.substr(8), with_chip);
        const BridgeContext context{reactor_,
                                    scheduler_,
                                    instrument_spec_,
                                    {},
                                    bench_,
                                    [this] {
                                        scheduler_.run_until(
                                            std::max(scheduler_.now(), reactor_.now())); },
                                    ""};
        bridge_ = driver == "virtual_line_bank"
                      ? make_gpio_line_bank_bridge(spec, *virtual_, context)
                      : make_gpio_line_driver_bridge(spec, *virtual_, context);
        spec.finish();
    }
    /// The rig's side, as the bench file that the bridge has written says it.
    template <typename Interface>
    std::unique_ptr<Interface> rig_side() {
        const ServedAs as = bridge_->served_as();
        auto made =
            make_instrument(spec_of("lines", as.driver, as.options), {scheduler_, 1, &reactor_});
        return std::unique_ptr<Interface>(&dynamic_cast<Interface&>(*made.release()));
    }
    /// What the wiring does: a floating line follows its resistor, a driven one does not.
    void wire(bool floating) {
        auto& sense = dynamic_cast<SenseTerminals&>(*virtual_);
        sense.on_bias_change([&sense, floating](int channel, Bias bias) {
            if (!floating) return;
            sense.drive(channel, bias == Bias::up     ? LineLevel::active
                                 : bias == Bias::down ? LineLevel::inactive
                                                      : LineLevel::indeterminate);
        });
    }
    void drive(int channel, LineLevel level) {
        dynamic_cast<SenseTerminals&>(*virtual_).drive(channel, level);
        bridge_->pass();
    }

    std::map<std::string, Instrument*> bench_;
    InstrumentSpec instrument_spec_;
    std::unique_ptr<Instrument> virtual_;
    std::unique_ptr<Bridge> bridge_;
};

TEST_F(GpioSimBridgeTest, WhatTheWiringDrivesIsWhatTheRigReads) {
    serve("virtual_line_bank", {{"channels", "2"}}, {{"lines", "LINE_0 LINE_1"}});
    const auto bank = rig_side<LineBank>();
    drive(2, LineLevel::active);
    auto edges = edges_of(*bank, 1);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].channel, 2);
    EXPECT_EQ(edges[0].level, LineLevel::active);
    drive(2, LineLevel::inactive);
    edges = edges_of(*bank, 1);
    EXPECT_EQ(edges[0].level, LineLevel::inactive);
    EXPECT_EQ(edges[0].sequence, 2U);
}

TEST_F(GpioSimBridgeTest, AFloatingLineFollowsThePinsResistor) {
    serve("virtual_line_bank", {{"channels", "2"}}, {{"lines", "LINE_0 LINE_1"}});
    wire(true);
    const auto bank = rig_side<LineBank>();
    auto& inside = dynamic_cast<LineBank&>(*virtual_);
    for (const Bias bias : {Bias::up, Bias::down}) {
        bank->set_bias(1, bias);
        run_until([&] {
            return inside.bias(1) == bias &&
                   bank->read(1) == (bias == Bias::up ? LineLevel::active : LineLevel::inactive);
        });
    }
    EXPECT_EQ(inside.bias(2), Bias::down);
}

TEST_F(GpioSimBridgeTest, ADrivenLineKeepsItsLevelAgainstTheResistor) {
    serve("virtual_line_bank", {{"channels", "1"}}, {{"lines", "LINE_0"}});
    wire(false);
    const auto bank = rig_side<LineBank>();
    drive(1, LineLevel::inactive);
    auto& inside = dynamic_cast<LineBank&>(*virtual_);
    bank->set_bias(1, Bias::up);
    run_until([&] { return inside.bias(1) == Bias::up; });
    run_until([&] { return bank->read(1) == LineLevel::inactive; });
    EXPECT_FALSE(sim_->value(0));
}

TEST_F(GpioSimBridgeTest, FollowsResistorsBehindOutputs) {
    serve(
        "virtual_line_bank", {{"channels", "1"}},
        {{"lines", "LINE_0"}, {"bias", "outputs"}, {"pull_up", "LINE_1"}, {"pull_down", "LINE_2"}});
    wire(true);
    const auto bank = rig_side<LineBank>();
    bank->set_bias(1, Bias::up);
    EXPECT_EQ(edges_of(*bank, 1)[0].level, LineLevel::active);
    bank->set_bias(1, Bias::down);
    EXPECT_EQ(edges_of(*bank, 1)[0].level, LineLevel::inactive);
    EXPECT_EQ(dynamic_cast<LineBank&>(*virtual_).bias(1), Bias::down);
}

TEST_F(GpioSimBridgeTest, ContactsMoveWithTheOutputsAndWithinTheirOperateTime) {
    serve("virtual_line_driver", {{"channels", "2"}, {"operate_time", "5 ms"}},
          {{"lines", "LINE_3 LINE_4"}});
    auto switches = rig_side<LineDriver>();
    auto& inside = dynamic_cast<LineDriver&>(*virtual_);
    switches->set(2, true);
    EXPECT_EQ(switches->settled_at(), scheduler_.now() + milliseconds{25});
    run_until([&] { return inside.is_closed(2); });
    EXPECT_FALSE(inside.is_closed(1));
    switches.reset();  // the rig leaves, and its contacts open
    run_until([&] { return !inside.is_closed(2); });
}

TEST_F(GpioSimBridgeTest, RefusesAnInstrumentOfAnotherKind) {
    EXPECT_THROW(serve("virtual_line_bank", {{"channels", "2"}}, {{"lines", "LINE_0"}}),
                 InputError);
    serve("virtual_line_driver", {{"channels", "1"}}, {{"lines", "LINE_3"}});
    InstrumentSpec spec = spec_of("unit", "gpio_line_bank", {{"chip", chip_}, {"lines", "1"}});
    const BridgeContext context{reactor_, scheduler_, instrument_spec_, {}, bench_, [] {}, ""};
    EXPECT_THAT(text_of<InputError>([&] { make_gpio_line_bank_bridge(spec, *virtual_, context); }),
                testing::HasSubstr("is no line bank"));
}

}  // namespace
}  // namespace bmsrig
