// The bytes that each SCPI driver exchanges with its instrument.
#include <gmock/gmock.h>

#include <array>

#include "drivers/contract/workbench.h"
#include "drivers/scpi/cell_fault_matrix.h"
#include "drivers/scpi/testing/scripted_peer.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_driver.h"
#include "rig/instruments/meter.h"
#include "rig/instruments/temperature_simulator.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig::scpi {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto crlf = "\r\n";

class ScpiDrivers : public testing::Test {
  protected:
    template <typename Interface>
    Interface& make(const std::string& driver, Options options, const std::string& name = "it") {
        // No answer is waited for that the script does not have: as long as any machine needs.
        options.insert(options.end(), {{"timeout", "20 s"}, {"patience", "0 s"}});
        const DriverContext context{scheduler_, 1, &reactor_,
                                    [this](std::string_view sought) { return find(sought); }};
        instruments_.push_back(make_instrument(spec_of(name, driver, options), context));
        return dynamic_cast<Interface&>(*instruments_.back());
    }
    Instrument* find(std::string_view name) {
        for (const auto& each : instruments_) {
            if (each->name() == name) return each.get();
        }
        return nullptr;
    }
    /// What an instrument hears when a test begins.
    static void greet(ScriptedPeer& peer, const std::string& power_on,
                      const std::string& end = "\n") {
        peer.expects("*CLS" + end).answers("*IDN?", "Maker,Model,SN1,1.0", end);
        peer.answers("CAL:DATE?", "\"2026-03-01\"", end);
        peer.takes(power_on, end);
    }
    /// A supply at `address`, of 80 V unless `more` says otherwise.
    PowerSupply& make_supply(const std::string& address, const Options& more = {}) {
        Options options{{"address", address},
                        {"minimum", "0 V"},
                        {"maximum", "80 V"},
                        {"resolution", "1 mV"},
                        {"accuracy", "5 mV"}};
        options.insert(options.end(), more.begin(), more.end());
        return make<PowerSupply>("scpi_power_supply", options);
    }
    /// The same, at the beginning of its first test.
    PowerSupply& start_supply(ScriptedPeer& peer, const Options& more = {}) {
        PowerSupply& supply = make_supply(peer.address(), more);
        greet(peer, "*RST;:OUTP1 OFF");
        supply.restart(1);
        return supply;
    }
    /// Two cells.
    CellSimulator& make_cells(const std::string& address, const Options& more) {
        Options options{{"address", address}, {"channels", "2"},        {"minimum", "0 V"},
                        {"maximum", "5 V"},   {"resolution", "0.1 mV"}, {"accuracy", "1 mV"}};
        options.insert(options.end(), more.begin(), more.end());
        return make<CellSimulator>("scpi_cell_simulator", options);
    }
    std::string thrown() {
        return text_of<InstrumentError>([&] { reactor_.wait([] { return false; }, 20s); });
    }

    Reactor reactor_;
    Scheduler scheduler_;
    std::vector<std::unique_ptr<Instrument>> instruments_;
};

TEST_F(ScpiDrivers, PowerSupplySetsSwitchesAndReads) {
    ScriptedPeer peer(reactor_);
    auto& supply = start_supply(peer);
    EXPECT_TRUE(std::isnan(supply.read_voltage(1).value())) << "it floats, and is not asked";
    EXPECT_EQ(supply.set_voltage(1, volts(12.3456)).value(), 12.346);
    supply.set_voltage(1, volts(13));
    peer.takes(":SOUR1:VOLT 12.346;:OUTP1 ON").takes(":SOUR1:VOLT 13");
    peer.answers("MEAS1:VOLT?", "12.998");
    EXPECT_EQ(supply.read_voltage(1).value(), 12.998);
    EXPECT_GT(supply.settled_at(), Instant{});
    supply.set_output(1, false);
    supply.set_output(1, true);
    supply.make_safe();
    peer.takes(":OUTP1 OFF").takes(":SOUR1:VOLT 13;:OUTP1 ON").takes(":OUTP1 OFF").finish();
}

TEST_F(ScpiDrivers, IdentifiesWithSerialNumberAndCalibration) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"serial_number", "SN1"}});
    peer.expects("*CLS\n").answers("*IDN?", "Maker,Model,SN1,1.0,A");
    peer.answers("CAL:DATE?", "2026,3,1");
    const Identity identity = supply.identify();
    EXPECT_EQ(identity.manufacturer, "Maker");
    EXPECT_EQ(identity.serial, "SN1");
    EXPECT_EQ(identity.firmware, "1.0,A");
    EXPECT_EQ(identity.calibrated, "2026-03-01");
    peer.answers("*IDN?", "Maker,Model,SN2,1.0");
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.identify(); }),
                AllOf(HasSubstr("another instrument is there: Model with the serial number SN2"),
                      HasSubstr("expected SN1")));
}

TEST_F(ScpiDrivers, ASupplyTakesAListOfChannels) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"profile", "keysight_n6700"}, {"channels", "2"}});
    peer.expects("*CLS\n").answers("*IDN?", "Keysight Technologies,N6700C,MY1,E.02.07");
    peer.takes("*RST;:OUTP OFF,(@1,2)");
    supply.restart(1);
    supply.set_voltage(2, volts(12.5));
    peer.takes(":VOLT 12.5,(@2);:OUTP ON,(@2)").finish();
}

TEST_F(ScpiDrivers, AnotherInstrumentIsLeftAndIsToldNothing) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"serial_number", "SN1"}});
    const auto greets = [&] { peer.expects("*CLS\n").answers("*IDN?", "Maker,Model,SN2,1.0"); };
    const auto is_another =
        HasSubstr("another instrument is there: Model with the serial number SN2");
    greets();
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.restart(1); }), is_another);
    EXPECT_TRUE(supply.safe_actions().empty());
    greets();
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.restart(2); }), is_another);
    greets();
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.make_safe(); }), is_another);
    EXPECT_EQ(peer.connections(), 3);
}

TEST_F(ScpiDrivers, AFileNamesWhatASupplyCannotSayAndADayThatIsNone) {
    const auto refusal = [&](const std::string& key, const std::string& value) {
        return text_of<InputError>([&] { make_supply("tcp 127.0.0.1:1", {{key, value}}); });
    };
    EXPECT_THAT(refusal("set_voltage", "VOLT {value:.2f}"),
                HasSubstr("2 decimals cannot say steps of 0.001"));
    EXPECT_THAT(refusal("calibrated", "31.03.2026"), HasSubstr("such as 2026-03-31"));
    EXPECT_THAT(refusal("profile", "none/mine.yaml"), HasSubstr("there is no file none/mine.yaml"));
}

TEST_F(ScpiDrivers, MessagesAreNoLongerThanTheInstrumentTakes) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"channels", "8"}, {"longest_message", "64"}});
    peer.expects("*CLS\n").answers("*IDN?", "Maker,Model,SN1,1.0");
    peer.answers("CAL:DATE?", "\"2026-03-01\"");
    peer.takes(
        "*RST;:OUTP1 OFF;:OUTP2 OFF;:OUTP3 OFF;:OUTP4 OFF;:OUTP5 OFF\n"
        ":OUTP6 OFF;:OUTP7 OFF;:OUTP8 OFF");
    supply.restart(1);
}

TEST_F(ScpiDrivers, MessagesMayBeOfOneCommandEach) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"messages", "single"}});
    greet(peer, "*RST\nOUTP1 OFF");
    supply.restart(1);
    supply.set_voltage(1, volts(12));
    peer.takes("SOUR1:VOLT 12\nOUTP1 ON").finish();
}

TEST_F(ScpiDrivers, BeginsATestOnceEverythingIsAnsweredAndHasSettled) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"settling_time", "20 ms"}, {"latency", "30 ms"}});
    greet(peer, "*RST;:OUTP1 OFF");
    const Instant before = reactor_.now();
    supply.restart(1);
    EXPECT_GE(reactor_.now() - before, 50ms) << "latency and settling";
    EXPECT_EQ(supply.settled_at(), Instant{});
    const Instant asked = reactor_.now();
    supply.set_voltage(1, volts(12));
    peer.takes(":SOUR1:VOLT 12;:OUTP1 ON").finish();
    EXPECT_GE(supply.settled_at() - asked, 50ms);
}

TEST_F(ScpiDrivers, BeginsNoTestOnAnInstrumentThatRefusesItsKnownState) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"settling_time", "0 s"}, {"latency", "0 s"}});
    peer.expects("*CLS\n").answers("*IDN?", "Maker,Model,SN1,1.0");
    peer.answers("CAL:DATE?", "\"2026-03-01\"");
    peer.expects("*RST;:OUTP1 OFF\nSYST:ERR?\n").sends("-113,\"Undefined header\"\n");
    peer.answers("SYST:ERR?", "0,\"No error\"");
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.restart(1); }), HasSubstr("-113"));
}

TEST_F(ScpiDrivers, ADayInTheBenchFileIsTheOneThatCounts) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address(), {{"calibrated", "2026-02-01"}});
    peer.expects("*CLS\n").answers("*IDN?", "Maker,Model,SN1,1.0");
    EXPECT_EQ(supply.identify().calibrated, "2026-02-01");
    peer.finish();
}

TEST_F(ScpiDrivers, TheGuardIsToldTheSameBytesBehindALineEnd) {
    ScriptedPeer peer(reactor_);
    auto& supply = make_supply(peer.address());
    EXPECT_TRUE(supply.safe_actions().empty()) << "nothing is connected";
    greet(peer, "*RST;:OUTP1 OFF");
    supply.restart(1);
    const auto actions = supply.safe_actions();
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_EQ(std::string(actions[0].bytes.begin(), actions[0].bytes.end()),
              "\n:OUTP1 OFF\n*IDN?\n");
    EXPECT_EQ(actions[0].answer, "Maker,Model,SN1,1.0");
    EXPECT_GE(actions[0].descriptor, 0);
}

TEST_F(ScpiDrivers, AnInstrumentThatHoldsIsLeftAlone) {
    ScriptedPeer peer(reactor_);
    auto& supply = start_supply(peer, {{"safe", "hold"}});
    supply.set_voltage(1, volts(12));
    peer.takes(":SOUR1:VOLT 12;:OUTP1 ON").finish();
    supply.make_safe();
    EXPECT_TRUE(supply.safe_actions().empty());
    peer.answers("MEAS1:VOLT?", "12.001");
    EXPECT_EQ(supply.read_voltage(1).value(), 12.001) << "it is still on";
}

TEST_F(ScpiDrivers, IsConnectedAnewForTheNextTestAndTellsEverythingAgain) {
    ScriptedPeer peer(reactor_);
    auto& supply = start_supply(peer);
    supply.set_voltage(1, volts(12));
    peer.takes(":SOUR1:VOLT 12;:OUTP1 ON").closes();
    EXPECT_THAT(thrown(), HasSubstr("the instrument may have been reset"));
    EXPECT_THAT(text_of<InstrumentError>([&] { supply.set_voltage(1, volts(1)); }),
                HasSubstr("connected again for the next test"));
    greet(peer, "*RST;:OUTP1 OFF");
    supply.restart(1);
    EXPECT_EQ(peer.connections(), 2);
    EXPECT_TRUE(std::isnan(supply.read_voltage(1).value())) << "it is off, and is not asked";
}

TEST_F(ScpiDrivers, ShuntInjectorChangesItsRangeWithoutEverGoingBeyond) {
    ScriptedPeer peer(reactor_);
    auto& shunt = make<ShuntInjector>("scpi_shunt_injector",
                                      {{"address", peer.address()}, {"profile", "keithley_2450"}});
    const std::string zero =
        ":SOUR:FUNC VOLT;:SENS:FUNC \"VOLT\";:SOUR:VOLT:RANG:AUTO OFF;"
        ":SOUR:VOLT 0;:SOUR:VOLT:RANG 0.02;:OUTP ON";
    peer.expects("*CLS\n").answers("*IDN?", "KEITHLEY,MODEL 2450,01234567,1.7.12b");
    peer.takes(zero);
    shunt.restart(1);
    EXPECT_EQ(shunt.set_voltage(1, volts(0.0123456)).value(), 0.0123455);
    EXPECT_EQ(shunt.set_voltage(1, volts(-0.0523456)).value(), -0.052345);
    EXPECT_EQ(shunt.set_voltage(1, volts(0.0012347)).value(), 0.0012345);
    shunt.set_output(1, false);
    shunt.make_safe();
    peer.takes(":SOUR:VOLT 0.0123455")
        .takes(":SOUR:VOLT:RANG 0.2;:SOUR:VOLT -0.052345")
        .takes(":SOUR:VOLT 0.00123;:SOUR:VOLT:RANG 0.02;:SOUR:VOLT 0.0012345")
        .takes(":SOUR:VOLT 0")
        .takes(":SOUR:VOLT 0;:SOUR:VOLT:RANG 0.02;:OUTP ON")
        .answers(":MEAS:VOLT?", "+1.0E-07");
    EXPECT_EQ(shunt.read_voltage(1).value(), 1e-7);
}

TEST_F(ScpiDrivers, ShuntInjectorMayCountChargingAsNegative) {
    ScriptedPeer peer(reactor_);
    auto& shunt = make<ShuntInjector>("scpi_shunt_injector", {{"address", peer.address()},
                                                              {"minimum", "-110 mV"},
                                                              {"maximum", "110 mV"},
                                                              {"resolution", "1 uV"},
                                                              {"accuracy", "5 uV"},
                                                              {"charging", "negative"}});
    greet(peer, ":SOUR1:VOLT 0;:SOUR1:VOLT:RANG 0.11;:OUTP1 ON");
    shunt.restart(1);
    EXPECT_EQ(shunt.set_voltage(1, volts(0.05)).value(), 0.05);
    peer.takes(":SOUR1:VOLT -0.05").answers("MEAS1:VOLT?", "-0.050001");
    EXPECT_EQ(shunt.read_voltage(1).value(), 0.050001);
}

TEST_F(ScpiDrivers, TemperatureSimulatorShowsItsTemperatureBeforeItsSensor) {
    ScriptedPeer peer(reactor_);
    auto& sensors =
        make<TemperatureSimulator>("scpi_temperature_simulator", {{"address", peer.address()},
                                                                  {"settling_time", "0 s"},
                                                                  {"minimum", "-55 degC"},
                                                                  {"maximum", "125 degC"},
                                                                  {"resolution", "0.0625 degC"},
                                                                  {"accuracy", "0.1 degC"}});
    greet(peer, "*RST;:OUTP1:FAUL ABS");
    sensors.restart(1);
    EXPECT_EQ(sensors.set_temperature(1, celsius(25.04)).value(), 25.0625);
    sensors.set_fault(1, SensorFault::stuck);
    sensors.set_temperature(1, celsius(40));
    sensors.set_fault(1, SensorFault::absent);
    sensors.set_fault(1, SensorFault::none);
    peer.takes(":SOUR1:TEMP 25.0625;:OUTP1:FAUL NONE")
        .takes(":SOUR1:TEMP 40;:OUTP1:FAUL ABS")
        .takes(":OUTP1:FAUL NONE")
        .answers("MEAS1:TEMP?", "40.01");
    EXPECT_EQ(sensors.read_temperature(1).value(), 40.01);
}

TEST_F(ScpiDrivers, RelayCardHasItsOwnNumbersAndSafeStates) {
    ScriptedPeer peer(reactor_);
    auto& contacts = make<LineDriver>("scpi_line_driver", {{"address", peer.address()},
                                                           {"profile", "keysight_34980a"},
                                                           {"operate_time", "0 s"},
                                                           {"channels", "3"},
                                                           {"numbers", "1001,1002,2005"},
                                                           {"safe", "open, closed, hold"}});
    peer.expects("*CLS\n").answers("*IDN?", "Agilent,34980A,MY1,2.51");
    peer.takes(":ROUT:OPEN (@1001,1002,2005)");
    contacts.restart(1);
    contacts.set(3, true);
    contacts.set(1, true);
    contacts.make_safe();
    peer.takes(":ROUT:CLOS (@2005)")
        .takes(":ROUT:CLOS (@1001)")
        .takes(":ROUT:OPEN (@1001);:ROUT:CLOS (@1002)")
        .finish();
    EXPECT_FALSE(contacts.is_closed(1));
    EXPECT_TRUE(contacts.is_closed(2));
    EXPECT_TRUE(contacts.is_closed(3));
}

TEST_F(ScpiDrivers, RelaysHaveSettledAfterTheTimeThatTheyTake) {
    ScriptedPeer peer(reactor_);
    auto& contacts = make<LineDriver>("scpi_line_driver",
                                      {{"address", peer.address()}, {"operate_time", "1 s"}});
    peer.expects("*CLS\n").answers("*IDN?", "Maker,Card,SN1,1.0");
    contacts.identify();
    const Instant before = reactor_.now();
    contacts.set(1, true);
    EXPECT_GE(contacts.settled_at() - before, 1s);
    peer.takes(":ROUT:CLOS (@1)").finish();
}

TEST_F(ScpiDrivers, MeterScalesAndNamesAnOverload) {
    ScriptedPeer peer(reactor_);
    auto& meter = make<Meter>("scpi_meter", {{"address", peer.address()},
                                             {"profile", "keysight_34461a"},
                                             {"unit", "A"},
                                             {"accuracy", "10 mA"},
                                             {"scale", "100"}});
    peer.expects("*CLS\n").answers("*IDN?", "Keysight,34461A,MY1,A.02");
    peer.answers("CAL:DATE?", "2026,3,1");
    meter.identify();
    peer.answers("MEAS:VOLT:DC?", "+1.23400000E-02").answers("MEAS:VOLT:DC?", "+9.90000000E+37");
    EXPECT_EQ(meter.read(1), 1.234);
    EXPECT_THAT(text_of<InstrumentError>([&] { meter.read(1); }), HasSubstr("an overload"));
    EXPECT_EQ(meter.accuracy(1), 0.01);
    EXPECT_THAT(text_of<InputError>([&] {
                    make<Meter>("scpi_meter",
                                {{"address", "tcp a:1"}, {"accuracy", "1 mV"}, {"scale", "0"}});
                }),
                HasSubstr("every reading would be 0"));
    EXPECT_THAT(text_of<InputError>([&] {
                    make<Meter>(
                        "scpi_meter",
                        {{"address", "tcp a:1"}, {"accuracy", "0.4 mV"}, {"resolution", "1 mV"}});
                }),
                HasSubstr("at least half the resolution of 0.001 V"));
}

class BloomyAbs : public ScpiDrivers {
  protected:
    static constexpr auto limits =
        ":SOUR1:CURR:SRC 5.0000;:SOUR2:CURR:SRC 5.0000;:SOUR1:CURR:SNK 5.0000;"
        ":SOUR2:CURR:SNK 5.0000";
    /// A command with its looks at errors and alarms.
    static void takes(ScriptedPeer& peer, const std::string& command,
                      const std::string& alarms = "0") {
        peer.takes(command, crlf).answers("SYST:ALARM?", alarms, crlf);
    }
    CellSimulator& abs_of_two_cells(ScriptedPeer& peer) {
        auto& cells = make<CellSimulator>(
            "bloomy_abs",
            {{"address", peer.address()}, {"channels", "2"}, {"watch_interval", "0 s"}});
        peer.expects("*CLS\r\n").answers("*IDN?", "Bloomy Controls,990010,A123,1.2.0", crlf);
        peer.answers("CAL:DATE?", "3/1/2026", crlf);
        takes(peer,
              std::string(":SYST:ALARM:CLEAR;:OUTP 0,(@1,2);:OUTP:FAUL NONE,(@1,2);") + limits);
        cells.restart(1);
        return cells;
    }
};

// The commands are those of the maker's own driver (BloomyControls/abs-scpi-driver).
TEST_F(BloomyAbs, RoundsToATenthOfAMillivoltAndSetsAllCellsInOneMessage) {
    ScriptedPeer peer(reactor_);
    auto& cells = abs_of_two_cells(peer);
    EXPECT_EQ(cells.resolution().value(), 1e-4);
    // 2.8 V are 28000 steps; cut instead of rounded they would go out as 2.7999.
    const std::array both{volts(2.8), volts(3.30006)};
    const auto in_force = cells.set_voltages(both);
    EXPECT_EQ(in_force[0].value(), 2.8);
    EXPECT_EQ(in_force[1].value(), 3.3001);
    cells.set_voltage(2, volts(3.2));
    cells.set_output(1, false);
    takes(peer, ":SOUR1:VOLT 2.8000;:SOUR2:VOLT 3.3001;:OUTP 1,(@1,2)");
    takes(peer, ":SOUR2:VOLT 3.2000");
    takes(peer, ":OUTP 0,(@1)");
    peer.answers("MEAS2:VOLT?", "3.20012", crlf).answers("MEAS2:CURR?", "-0.8", crlf);
    EXPECT_EQ(cells.read_voltage(2).value(), 3.20012);
    EXPECT_EQ(cells.read_current(2).value(), -0.8);
}

TEST_F(BloomyAbs, ReadsAFaultBackInTheUnitsOwnWords) {
    ScriptedPeer peer(reactor_);
    auto& cells = abs_of_two_cells(peer);
    cells.set_fault(2, CellFault::open);
    takes(peer, ":OUTP:FAUL OPEN,(@2)");
    peer.answers("OUTP2:FAUL?", "OPENCIRCUIT", crlf);
    cells.set_fault(2, CellFault::reversed);
    takes(peer, ":OUTP:FAUL POL,(@2)");
    peer.answers("OUTP2:FAUL?", "OPENCIRCUIT", crlf);
    EXPECT_THAT(thrown(), HasSubstr("the fault of cell 2 was to be POLARITY, but it answered "
                                    "\"OPENCIRCUIT\" to \"OUTP2:FAUL?\""));
}

TEST_F(BloomyAbs, NamesItsAlarms) {
    ScriptedPeer peer(reactor_);
    auto& cells = abs_of_two_cells(peer);
    cells.set_voltage(1, volts(3.3));
    takes(peer, ":SOUR1:VOLT 3.3000;:OUTP 1,(@1)", "257");
    EXPECT_THAT(thrown(), AllOf(HasSubstr("recoverable: software interlock"),
                                HasSubstr("critical: fan 0, cells 1 and 2 are off"),
                                HasSubstr("switch the unit off and on")));
    cells.set_voltage(1, volts(3.3));
    takes(peer, ":SOUR1:VOLT 3.3000", "1");
    EXPECT_THAT(thrown(), HasSubstr("it is cleared when the next test begins"));
}

TEST_F(BloomyAbs, SixteenCellsAreTwoUnits) {
    ScriptedPeer first(reactor_);
    ScriptedPeer second(reactor_);
    auto& cells =
        make<CellSimulator>("bloomy_abs", {{"addresses", first.address() + ", " + second.address()},
                                           {"channels", "16"},
                                           {"serial_number", "A1, A2"}});
    for (auto* peer : {&first, &second}) {
        const bool is_first = peer == &first;
        peer->expects("*CLS\r\n").answers("*IDN?", is_first ? "B,ABS,A1,1" : "B,ABS,A2,2", crlf);
        peer->answers("CAL:DATE?", is_first ? "3/1/2026" : "2/1/2026", crlf);
    }
    const Identity identity = cells.identify();
    EXPECT_EQ(identity.serial, "A1, A2");
    EXPECT_EQ(identity.calibrated, "2026-02-01") << "the older one counts";
    EXPECT_EQ(identity.firmware, "1, 2");
    cells.set_voltage(9, volts(3.3));
    takes(second, ":SOUR1:VOLT 3.3000;:OUTP 1,(@1)");
    second.finish();
    const auto actions = cells.safe_actions();
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(actions[0].answer, "B,ABS,A1,1");
    EXPECT_EQ(actions[1].answer, "B,ABS,A2,2");
}

TEST_F(BloomyAbs, AUnitThatIsGoneKeepsNoneOfTheOthersFromBeingMadeSafe) {
    auto first = std::make_unique<ScriptedPeer>(reactor_);
    ScriptedPeer second(reactor_);
    auto& cells = make<CellSimulator>("bloomy_abs",
                                      {{"addresses", first->address() + ", " + second.address()},
                                       {"channels", "9"},
                                       {"watch_interval", "0 s"}});
    for (auto* peer : {first.get(), &second}) {
        peer->expects("*CLS\r\n").answers("*IDN?", "B,ABS,A1,1", crlf);
        peer->answers("CAL:DATE?", "3/1/2026", crlf);
    }
    cells.identify();
    EXPECT_FALSE(cells.has_to_connect());
    first->closes();
    EXPECT_NE(thrown(), "");
    EXPECT_TRUE(cells.has_to_connect());
    first.reset();  // and nothing listens there any more
    EXPECT_THAT(text_of<InstrumentError>([&] { cells.make_safe(); }), HasSubstr("nothing listens"));
    takes(second, ":OUTP 0,(@1);:OUTP:FAUL NONE,(@1)");
    second.finish();
}

TEST_F(BloomyAbs, FaultsAndLimitsGoWithTheCellsThatAreExchanged) {
    ScriptedPeer peer(reactor_);
    auto& cells = abs_of_two_cells(peer);
    cells.set_voltage(1, volts(3.0));
    takes(peer, ":SOUR1:VOLT 3.0000;:OUTP 1,(@1)");
    cells.set_current_limits(1, amperes(1), amperes(2));
    takes(peer, ":SOUR1:CURR:SRC 1.0000;:SOUR1:CURR:SNK 2.0000");
    cells.set_fault(1, CellFault::open);
    takes(peer, ":OUTP:FAUL OPEN,(@1)");
    peer.answers("OUTP1:FAUL?", "OPENCIRCUIT", crlf);
    EXPECT_TRUE(std::isnan(cells.read_voltage(1).value())) << "it floats, and is not asked";
    cells.exchange(1, 2);
    // Cell 2 was never switched on: its new source goes off first.
    takes(peer,
          ":OUTP:FAUL OPEN,(@2);:SOUR2:CURR:SRC 1.0000;:SOUR2:CURR:SNK 2.0000;"
          ":OUTP 0,(@1);:OUTP:FAUL NONE,(@1);:SOUR1:CURR:SRC 5.0000;:SOUR1:CURR:SNK 5.0000;"
          ":SOUR1:VOLT 0.0000;:SOUR2:VOLT 3.0000;:OUTP 1,(@2)");
    peer.finish();
}

TEST_F(BloomyAbs, HasOneLimitForEachWay) {
    ScriptedPeer peer(reactor_);
    auto& cells = make<CellSimulator>("bloomy_abs", {{"address", peer.address()},
                                                     {"channels", "1"},
                                                     {"watch_interval", "0 s"},
                                                     {"source_limit", "2 A"},
                                                     {"sink_limit", "1 A"}});
    peer.expects("*CLS\r\n").answers("*IDN?", "B,ABS,A1,1", crlf);
    peer.answers("CAL:DATE?", "3/1/2026", crlf);
    takes(peer,
          ":SYST:ALARM:CLEAR;:OUTP 0,(@1);:OUTP:FAUL NONE,(@1);:SOUR1:CURR:SRC 2.0000;"
          ":SOUR1:CURR:SNK 1.0000");
    cells.restart(1);
    EXPECT_THAT(text_of<RatingError>([&] { cells.set_current_limits(1, amperes(2), amperes(2)); }),
                HasSubstr("a sink limit of 2 A was asked for, but its range is 0 A .. 1 A"));
}

TEST_F(BloomyAbs, RefusesMoreCellsThanItsUnitsHave) {
    const auto refused = [&](const Options& options) {
        return text_of<InputError>([&] { make<CellSimulator>("bloomy_abs", options); });
    };
    EXPECT_THAT(refused({{"address", "tcp a:1"}, {"channels", "16"}}),
                HasSubstr("one unit has 8 channels, not 16"));
    EXPECT_THAT(refused({{"addresses", "tcp a:1, tcp b:1"}, {"channels", "8"}}),
                HasSubstr("2 addresses stand here for 8 channels; expected one for each 8"));
    EXPECT_THAT(refused({{"channels", "8"}}), HasSubstr("the option \"address\" is missing"));
    EXPECT_THAT(refused({{"address", "tcp a:1"}, {"colour", "red"}}), HasSubstr("colour"));
}

TEST_F(BloomyAbs, ExchangesCellsByExchangingWhatTheirSourcesGive) {
    ScriptedPeer peer(reactor_);
    auto& cells = abs_of_two_cells(peer);
    const std::array both{volts(3.0), volts(3.5)};
    cells.set_voltages(both);
    cells.exchange(1, 2);
    takes(peer, ":SOUR1:VOLT 3.0000;:SOUR2:VOLT 3.5000;:OUTP 1,(@1,2)");
    takes(peer,
          ":OUTP:FAUL NONE,(@2);:SOUR2:CURR:SRC 5.0000;:SOUR2:CURR:SNK 5.0000;"
          ":OUTP:FAUL NONE,(@1);:SOUR1:CURR:SRC 5.0000;:SOUR1:CURR:SNK 5.0000;"
          ":SOUR1:VOLT 3.5000;:SOUR2:VOLT 3.0000;:OUTP 1,(@2);:OUTP 1,(@1)");
    peer.answers("MEAS2:VOLT?", "3.0001", crlf);
    EXPECT_EQ(cells.read_voltage(1).value(), 3.0001) << "cell 1 is where cell 2 belongs";
}

TEST_F(ScpiDrivers, CellsMayHaveAFaultMatrixBehindThem) {
    ScriptedPeer relays(reactor_);
    ScriptedPeer sources(reactor_);
    auto& matrix = make<CellFaultMatrix>("scpi_fault_matrix",
                                         {{"address", relays.address()},
                                          {"channels", "2"},
                                          {"operate_time", "0 s"},
                                          {"exchange_relays", "401"}},
                                         "matrix");
    auto& cells = make_cells(
        sources.address(),
        {{"set_source_limit", "none"}, {"set_sink_limit", "none"}, {"faults", "matrix"}});
    relays.expects("*CLS\n").answers("*IDN?", "Maker,FIU,SN2,1.0");
    relays.takes(
        ":ROUT:OPEN (@201,202);:ROUT:OPEN (@301,302);:ROUT:OPEN (@401);"
        ":ROUT:OPEN (@101,102)");
    matrix.restart(1);
    greet(sources, "*RST;:OUTP OFF,(@1,2);:OUTP1:FAUL NONE;:OUTP2:FAUL NONE");
    cells.restart(1);
    cells.set_voltage(1, volts(3.3));
    sources.takes(":SOUR1:VOLT 3.3;:OUTP ON,(@1)");
    cells.set_fault(1, CellFault::shorted);
    cells.set_fault(1, CellFault::reversed);
    relays.takes(":ROUT:CLOS (@101);:ROUT:CLOS (@201)");
    relays.takes(":ROUT:OPEN (@201);:ROUT:CLOS (@301);:ROUT:OPEN (@101)");
    sources.answers("MEAS1:VOLT?", "3.3001");
    EXPECT_EQ(cells.read_voltage(1).value(), -3.3001) << "behind the matrix it is reversed";
    EXPECT_THAT(text_of<RatingError>([&] { cells.exchange(1, 2); }),
                AllOf(StartsWith("instrument \"matrix\": cell 1, exchanged with its neighbour"),
                      HasSubstr("refused, no relay was moved")));
    cells.set_fault(1, CellFault::shorted);
    relays.takes(":ROUT:CLOS (@101);:ROUT:OPEN (@301);:ROUT:CLOS (@201)");
    EXPECT_EQ(cells.read_voltage(1).value(), 0) << "the source is parted from it, and not asked";
    cells.set_fault(1, CellFault::none);
    cells.exchange(1, 2);
    cells.exchange(2, 1);
    relays.takes(":ROUT:OPEN (@201);:ROUT:OPEN (@101)")
        .takes(":ROUT:CLOS (@401)")
        .takes(":ROUT:OPEN (@401)");
    relays.finish();
    sources.finish();
}

TEST_F(ScpiDrivers, CellsHaveSettledWhenTheirRelaysHave) {
    ScriptedPeer relays(reactor_);
    ScriptedPeer sources(reactor_);
    make<CellFaultMatrix>(
        "scpi_fault_matrix",
        {{"address", relays.address()}, {"channels", "2"}, {"operate_time", "1 s"}}, "matrix");
    auto& cells = make_cells(sources.address(), {{"faults", "matrix"}, {"settling_time", "10 ms"}});
    relays.expects("*CLS\n").answers("*IDN?", "Maker,FIU,SN2,1.0");
    find("matrix")->identify();
    const Instant before = reactor_.now();
    cells.set_fault(1, CellFault::open);
    relays.takes(":ROUT:CLOS (@101)").finish();
    EXPECT_GE(cells.settled_at() - before, 1s);
}

TEST_F(ScpiDrivers, AFaultMatrixHasAsManyCellsAsItsSimulator) {
    make<CellFaultMatrix>("scpi_fault_matrix", {{"address", "tcp a:1"}, {"channels", "1"}},
                          "matrix");
    EXPECT_THAT(text_of<InputError>([&] { make_cells("tcp a:1", {{"faults", "matrix"}}); }),
                HasSubstr("the fault matrix \"matrix\" has 1 cells; expected 2"));
}

TEST_F(ScpiDrivers, CellsCannotHaveFaultsWithoutAnyMeans) {
    ScriptedPeer peer(reactor_);
    auto& cells = make_cells(peer.address(), {{"fault_open", "none"}});
    EXPECT_THAT(text_of<BenchCannot>([&] { cells.set_fault(1, CellFault::open); }),
                HasSubstr("instrument \"it\" cannot make a cell open"));
}

}  // namespace
}  // namespace bmsrig::scpi
