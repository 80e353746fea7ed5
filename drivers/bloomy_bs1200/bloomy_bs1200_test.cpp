#include "drivers/bloomy_bs1200/bloomy_bs1200.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "drivers/socketcan/scripted_can.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Two boxes, numbers 1 and 3, as a transcript of frames. The identifiers and bytes are those of
/// the maker's public driver: base + box, numbers with the low byte first, 0.1 mV and 0.1 mA.
class BloomyBs1200Test : public testing::Test {
  protected:
    BloomyBs1200Test() {
        options.name = "cells";
        options.interface = "can1";
        options.boxes = {1, 3};
    }
    void expect_begin() {
        // 1344 + box: all cells off. 1152 + box: sink and source 5000 = 0.5 A.
        expect_off();
        for (const int box : options.boxes) can.expect("48" + std::to_string(box) + "#88138813");
    }
    CellSimulator& cells() {
        if (!made) {
            expect_begin();
            made = make_bloomy_bs1200(
                options, {scheduler, [this] { return std::make_unique<ScriptedSocket>(can); },
                          [this] { return scheduler.now(); },
                          [this](const auto& done, Duration timeout) {
                              const Instant end = scheduler.now() + timeout;
                              while (!done() && scheduler.now() < end) run(1ms);
                              return done();
                          }});
        }
        return dynamic_cast<CellSimulator&>(*made);
    }
    void run(Duration duration) { scheduler.run_until(scheduler.now() + duration); }
    void expect_off() {
        for (const int box : options.boxes) can.expect("54" + std::to_string(box) + "#00");
    }
    void switch_first_on() {
        cells();
        can.expect("0A1#1027000000000000");
        can.expect("551#0001");
        cells().set_voltage(1, 1.0_V);
    }
    void begin_test() {
        scheduler.restart();
        expect_begin();
        made->restart(1);
    }
    /// A box sends readings at a moment of the future.
    void tells(const std::string& frame, Duration after) {
        const Instant when = scheduler.now() + after;
        scheduler.schedule(when, [this, frame, when] { can.arrive(frame, when); });
    }
    template <typename Problem, typename Action>
    static std::string said(const Action& action) {
        const std::string text = text_of<Problem>(action);
        EXPECT_THAT(text, HasSubstr("\"cells\""));
        return text;
    }

    CanScript can;
    Scheduler scheduler;
    Bs1200Options options;
    std::unique_ptr<Instrument> made;
};

TEST_F(BloomyBs1200Test, BeginsWithTheLimitsOfTheBenchFile) {
    options.boxes = {1};
    options.limits.sink = 0.1;    // 1000 = 0x03E8, the first number
    options.limits.source = 0.2;  // 2000 = 0x07D0
    can.expect("541#00");
    can.expect("481#E803D007");
    made = make_bloomy_bs1200(options,
                              {scheduler, [this] { return std::make_unique<ScriptedSocket>(can); },
                               [this] { return scheduler.now(); },
                               [](const auto& done, Duration /*timeout*/) { return done(); }});
}

TEST_F(BloomyBs1200Test, SetsACellAndThenSwitchesItOn) {
    cells();
    can.expect("0A1#0000983A00000000");  // 160 + 1; 15000 = 0x3A98
    can.expect("551#0101");              // 1360 + 1: cell 2 on
    EXPECT_DOUBLE_EQ(cells().set_voltage(2, 1.5_V).value(), 1.5);
    EXPECT_EQ(cells().settled_at(), Instant{10ms});
}

// 2.8 V is 27999.999... tenths of a millivolt to a computer: 28000 = 0x6D60.
TEST_F(BloomyBs1200Test, RoundsInsteadOfCuttingOff) {
    cells();
    can.expect("0A1#606D000000000000");
    can.expect("551#0001");
    EXPECT_DOUBLE_EQ(cells().set_voltage(1, 2.8_V).value(), 2.8);
    run(5ms);
    can.expect("0A1#616D000000000000");
    EXPECT_DOUBLE_EQ(cells().set_voltage(1, volts(2.80006)).value(), 2.8001);
}

TEST_F(BloomyBs1200Test, SetsAllCellsOfAllBoxesAtOnce) {
    cells();
    for (const char* box : {"1", "3"}) {
        can.expect("0A" + std::string(box) + "#A08CA08CA08CA08C");  // 3.6 V = 36000 = 0x8CA0
        for (const char* cell : {"00", "01", "02", "03"}) {
            can.expect("55" + std::string(box) + "#" + cell + "01");
        }
        can.expect("0B" + std::string(box) + "#A08CA08CA08CA08C");
        for (const char* cell : {"04", "05", "06", "07"}) {
            can.expect("55" + std::string(box) + "#" + cell + "01");
        }
        can.expect("0C" + std::string(box) + "#A08CA08CA08CA08C");
        for (const char* cell : {"08", "09", "0A", "0B"}) {
            can.expect("55" + std::string(box) + "#" + cell + "01");
        }
    }
    EXPECT_EQ(cells().channels(), 24);
    const std::vector<Volts> asked(24, volts(3.6));
    EXPECT_EQ(cells().set_voltages(asked), asked);
}

TEST_F(BloomyBs1200Test, WritesEachFrameAtMostEveryFiveMilliseconds) {
    cells();
    can.expect("0A1#1027000000000000");
    can.expect("551#0001");
    cells().set_voltage(1, 1.0_V);
    run(1ms);
    cells().set_voltage(1, 2.0_V);
    cells().set_voltage(1, 3.0_V);
    cells().set_voltage(2, 4.0_V);
    EXPECT_EQ(cells().settled_at(), Instant{15ms});
    can.expect("0B1#1027000000000000");  // the next four cells have their own frame
    can.expect("551#0401");
    cells().set_voltage(5, 1.0_V);
    run(3ms);
    can.expect("0A1#3075409C00000000");  // only the last of what was set
    can.expect("551#0101");
    run(1ms);
}

TEST_F(BloomyBs1200Test, WaitsForAReadingThatIsOneOfTheSet) {
    options.boxes = {3};
    EXPECT_TRUE(std::isnan(cells().read_voltage(1).value())) << "it is off";
    EXPECT_EQ(cells().read_current(1).value(), 0);
    can.expect("0A3#1027000000000000");
    can.expect("553#0001");
    cells().set_voltage(1, 1.0_V);
    tells("123#5000000000000000", 9ms);   // before it has settled
    tells("123#1127000000000000", 12ms);  // 0x2711: 1.0001 V
    tells("183#E883000000000000", 13ms);  // 0x83E8 = 32768 + 1000: 100 mA
    EXPECT_DOUBLE_EQ(cells().read_voltage(1).value(), 1.0001);
    EXPECT_EQ(scheduler.now(), Instant{12ms});
    EXPECT_DOUBLE_EQ(cells().read_current(1).value(), 0.1);
    tells("183#187C000000000000", 1ms);  // 0x7C18 = 32768 - 1000
    run(1ms);
    EXPECT_DOUBLE_EQ(cells().read_current(1).value(), -0.1);
    // A reading that is 200 ms old is not one of now.
    run(200ms);
    tells("123#2027000000000000", 3ms);
    EXPECT_DOUBLE_EQ(cells().read_voltage(1).value(), 1.0016);
    run(200ms);
    EXPECT_THAT(said<InstrumentError>([&] { cells().read_voltage(1); }),
                HasSubstr("box 3 has sent no reading of cell 1 for 1 s"));
}

// 288 + 1 with 8 bytes and 11 bits is a reading; no other frame is.
TEST_F(BloomyBs1200Test, ReadsNoFrameThatIsNoReading) {
    switch_first_on();
    tells("121#112700000000", 12ms);
    tells("00000121#2227000000000000", 12ms);
    tells("121#R", 12ms);
    tells("122#3327000000000000", 12ms);  // of another box
    tells("131#4427000000000000", 12ms);  // of the next four cells
    tells("121#5527000000000000", 20ms);  // 0x2755
    EXPECT_DOUBLE_EQ(cells().read_voltage(1).value(), 1.0069);
}

TEST_F(BloomyBs1200Test, SetsTheCurrentLimitsOfACell) {
    cells();
    can.expect("4A3#0BE803");  // 1184 + 3, cell 12: sink 0.1 A = 1000
    can.expect("4B3#0BD007");  // 1200 + 3: source 0.2 A
    cells().set_current_limits(24, amperes(0.2), amperes(0.1));
    EXPECT_THAT(said<RatingError>([&] { cells().set_current_limits(1, amperes(0.6), amperes(0)); }),
                HasSubstr("0.6 A"));
}

TEST_F(BloomyBs1200Test, SwitchesOffAndComesBackWhereItWas) {
    cells();
    can.expect("0A1#1027000000000000");
    can.expect("551#0001");
    cells().set_voltage(1, 1.0_V);
    run(5ms);
    can.expect("551#0000");
    cells().set_output(1, false);
    run(5ms);
    can.expect("551#0001");
    cells().set_output(1, true);
    run(1ms);
    cells().set_voltage(1, 2.0_V);  // waits, and is given up
    can.expect("541#00");
    can.expect("543#00");
    cells().make_safe();
    run(10ms);
}

TEST_F(BloomyBs1200Test, TellsTheGuardHowToSwitchItOff) {
    cells();
    const std::vector<SafeAction> actions = made->safe_actions();
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(actions[0].descriptor, 42);
    // struct can_frame: identifier (1345 = 0x541), length, three bytes of padding, data.
    EXPECT_EQ(actions[0].bytes,
              (std::vector<std::uint8_t>{0x41, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(actions[0].kind, SafeAction::Kind::frame);
    EXPECT_EQ(actions[1].does, "switches the 12 cells of box 3 of \"cells\" on can1 off");
}

TEST_F(BloomyBs1200Test, LeavesItsCellsAloneWhereTheBenchFileSaysSo) {
    options.holds = true;
    cells();
    cells().make_safe();  // no frame
    EXPECT_TRUE(made->safe_actions().empty());
}

TEST_F(BloomyBs1200Test, BeginsEveryTestOff) {
    cells();
    can.expect("0A1#1027000000000000");
    can.expect("551#0001");
    cells().set_voltage(1, 1.0_V);
    scheduler.restart();
    expect_begin();
    made->restart(1);
    EXPECT_TRUE(std::isnan(cells().read_voltage(1).value()));
    EXPECT_EQ(made->settled_at(), Instant{});
}

TEST_F(BloomyBs1200Test, NamesABoxWhoseFanStandsStill) {
    cells();
    can.arrive("103#10201F1E", Instant{1ms});  // 256 + 3: all is well
    EXPECT_THAT(said<InstrumentError>([&] { can.arrive("103#00201F1E", Instant{2ms}); }),
                HasSubstr("a fan of box 3 stands still"));
    can.arrive("103#00201F1E", Instant{3ms});  // told once
    can.arrive("103#10201F1E", Instant{4ms});
    const auto stands = [&] { can.arrive("103#00201F1E", Instant{5ms}); };
    said<InstrumentError>(stands);  // once more
    begin_test();
    said<InstrumentError>(stands);
}

TEST_F(BloomyBs1200Test, NamesABusOnWhichNobodyAnswers) {
    cells();
    CanErrorReport report;
    report.error = CanError::acknowledge;
    report.is_own = true;
    EXPECT_THAT(said<InstrumentError>([&] { can.arrive(error_frame(report), Instant{1ms}); }),
                HasSubstr("nobody acknowledges"));
    can.arrive(error_frame(report), Instant{2ms});  // told once
    begin_test();
    said<InstrumentError>([&] { can.arrive(error_frame(report), Instant{1ms}); });
    EXPECT_THAT(said<InstrumentError>([&] { can.fail(ENETDOWN); }),
                HasSubstr("sudo ip link set can1 up type can bitrate 1000000"));
}

TEST_F(BloomyBs1200Test, SwitchesItsCellsOffThoughItsInterfaceWentDownInTheTest) {
    switch_first_on();
    run(5ms);
    said<InstrumentError>([&] { can.fail(ENETDOWN); });
    said<InstrumentError>([&] { cells().set_voltage(1, 2.0_V); });
    expect_off();  // it is up again
    made->make_safe();
    EXPECT_EQ(can.opened, 2);
}

TEST_F(BloomyBs1200Test, SaysInEveryCallThatItsAdapterWasPulledOut) {
    cells();
    for (const auto& text : {said<InstrumentError>([&] { can.fail(ENODEV); }),
                             said<InstrumentError>([&] { cells().set_output(1, true); })}) {
        EXPECT_THAT(text, HasSubstr("there is no CAN interface \"can1\""));
    }
    EXPECT_TRUE(made->safe_actions().empty()) << "there is nothing to write to";
}

// Nobody's test has failed.
TEST_F(BloomyBs1200Test, FindsAnAdapterAgainThatWasPulledOutBetweenTwoTests) {
    cells();
    can.fail_unseen(ENODEV);
    scheduler.restart();
    expect_begin();
    made->restart(1);
    EXPECT_EQ(can.opened, 2);
}

TEST_F(BloomyBs1200Test, SwitchesOffOnceTheKernelHasRoom) {
    cells();
    can.has_room = false;
    made->make_safe();
    scheduler.schedule(scheduler.now() + 5ms, [&] {
        can.has_room = true;
        expect_off();
    });
    can.answer = [&](const std::string& frame) {
        scheduler.schedule(scheduler.now() + 1ms,
                           [&, frame] { can.arrive(frame, scheduler.now(), true); });
    };
    made->finish();
}

TEST_F(BloomyBs1200Test, NamesABoxThatFallsSilentWhileItsCellsAreOn) {
    switch_first_on();
    for (const auto after : {500ms, 1'000ms, 1'500ms}) tells("121#1127000000000000", after);
    run(2'400ms);
    const std::string text = said<InstrumentError>([&] { run(1s); });
    EXPECT_THAT(text, HasSubstr("box 1 has sent no reading for 1 s"));
    EXPECT_LE(scheduler.now(), Instant{3'500ms});
}

TEST_F(BloomyBs1200Test, LooksAfterItsBoxesInEveryTest) {
    switch_first_on();
    begin_test();
    switch_first_on();
    EXPECT_THAT(said<InstrumentError>([&] { run(1s); }), HasSubstr("box 1 has sent no reading"));
}

// The rig was busy elsewhere: what the box has sent meanwhile waits in the kernel.
TEST_F(BloomyBs1200Test, ReadsWhatWaitsBeforeItCallsABoxSilent) {
    switch_first_on();
    const auto ready = std::exchange(can.ready, {});
    tells("121#1127000000000000", 900ms);
    run(1s);
    can.ready = ready;
}

TEST_F(BloomyBs1200Test, LetsABoxBeSilentWhoseCellsAreOff) {
    switch_first_on();
    expect_off();
    cells().make_safe();
    run(5s);
    EXPECT_FALSE(scheduler.next_due()) << "nobody looks any more";
}

TEST_F(BloomyBs1200Test, NamesABusThatItsNodeHasLeft) {
    cells();
    EXPECT_THAT(said<InstrumentError>(
                    [&] { can.arrive(error_frame({.state = CanState::bus_off}), Instant{1ms}); }),
                HasSubstr("off the bus"));
}

TEST_F(BloomyBs1200Test, SendsTheRestWhenTheKernelHasRoomAgain) {
    cells();
    can.has_room = false;
    cells().set_voltage(1, 1.0_V);
    can.has_room = true;
    can.expect("0A1#1027000000000000");
    can.expect("551#0001");
    can.arrive("481#88138813", Instant{1ms}, true);  // one of before has left
}

TEST_F(BloomyBs1200Test, HasNoRelaysForFaults) {
    cells().set_fault(1, CellFault::none);
    try {
        cells().set_fault(1, CellFault::shorted);
        FAIL() << "it has none";
    } catch (const BenchCannot& problem) {
        EXPECT_EQ(problem.ability(), "cell_faults");
    }
    said<BenchCannot>([&] { cells().exchange(1, 2); });
}

TEST_F(BloomyBs1200Test, RefusesVoltagesOutsideItsRange) {
    for (const double wrong : {-0.001, 5.001, std::nan("")}) {
        EXPECT_THAT(said<RatingError>([&] { cells().set_voltage(24, volts(wrong)); }),
                    HasSubstr("channel 24"));
    }
    EXPECT_THAT(said<RatingError>([&] { cells().set_voltage(25, 1.0_V); }), HasSubstr("25"));
}

TEST(Bs1200OptionsTest, AreRefusedWithTheInstrument) {
    Reactor reactor;
    Scheduler scheduler;
    for (const auto& [options, naming] : std::vector<std::pair<Options, std::string>>{
             {{}, "interface: can1"},
             {{{"interface", "can1"}, {"boxes", "1 16"}}, "from 0 to 15"},
             {{{"interface", "can1"}, {"boxes", "1 1"}}, "each once"},
             {{{"interface", "can1"}, {"boxes", "one"}}, "\"one\""},
             {{{"interface", "can1"}, {"source_limit", "1 A"}}, "source_limit"}}) {
        const std::string text = text_of<InputError>([&] {
            make_instrument(spec_of("cells", "bloomy_bs1200", options), {scheduler, 1, &reactor});
        });
        EXPECT_THAT(text, HasSubstr("bench.yaml:1"));
        EXPECT_THAT(text, HasSubstr(naming));
    }
}

TEST_F(BloomyBs1200Test, IsFinishedWhenEveryBoxWasToldToSwitchOff) {
    cells();
    can.expect("541#00");
    can.expect("543#00");
    made->make_safe();
    scheduler.schedule(scheduler.now() + 3ms, [&] { can.arrive("541#00", Instant{3ms}, true); });
    // Another's frame of the same bytes is not the rig's.
    scheduler.schedule(scheduler.now() + 4ms, [&] { can.arrive("543#00", Instant{4ms}); });
    scheduler.schedule(scheduler.now() + 7ms, [&] { can.arrive("543#00", Instant{7ms}, true); });
    made->finish();
    EXPECT_EQ(scheduler.now(), Instant{7ms});
}

TEST_F(BloomyBs1200Test, ABoxThatNobodyToldToSwitchOffMayBeOn) {
    cells();
    can.expect("541#00");
    can.expect("543#00");
    made->make_safe();
    can.arrive("541#00", Instant{}, true);
    const std::string text = said<InstrumentError>([&] { made->finish(); });
    EXPECT_THAT(text, HasSubstr("nobody has taken the frame that switches box 3 off within 1 s"));
    EXPECT_THAT(text, HasSubstr("its cells may be on"));
}

TEST_F(BloomyBs1200Test, IsNotFinishedWhenItsInterfaceGoesDownMeanwhile) {
    cells();
    can.expect("541#00");
    can.expect("543#00");
    made->make_safe();
    can.arrive("541#00", Instant{}, true);
    scheduler.schedule(scheduler.now() + 3ms, [&] { can.fail(ENETDOWN); });
    EXPECT_THAT(said<InstrumentError>([&] { made->finish(); }), HasSubstr("can1 is down"));
    EXPECT_EQ(scheduler.now(), Instant{3ms}) << "there is nothing to wait for any more";
}

}  // namespace
}  // namespace bmsrig
