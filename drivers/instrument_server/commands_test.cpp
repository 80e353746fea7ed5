// The command trees on virtual instruments: what a message does at the terminals.
#include <gtest/gtest.h>

#include <cmath>

#include "drivers/contract/workbench.h"
#include "drivers/instrument_server/abs_commands.h"
#include "drivers/instrument_server/meter_commands.h"
#include "drivers/instrument_server/relay_commands.h"
#include "drivers/instrument_server/source_commands.h"
#include "drivers/instrument_server/temperature_commands.h"

namespace bmsrig::scpi_server {
namespace {

const Options exact{{"accuracy", "0.05 mV"},    {"noise", "0 V"},
                    {"resolution", "0.1 mV"},   {"settling_time", "0 s"},
                    {"slew_per_second", "0 V"}, {"source_impedance", "0 ohm"}};

/// A virtual instrument behind its commands.
template <typename Interface>
class Bench {
  public:
    Bench(const std::string& driver, const Options& options)
        : made(workbench.make<Interface>(driver, options)) {}
    template <typename Set, typename... Rest>
    void join(Rest&&... rest) {
        set = std::make_unique<Set>(*made.operator->(), std::forward<Rest>(rest)...);
        device =
            std::make_unique<Device>(Identity{"M", "T", "S", "1", ""}, [this] { set->reset(); });
        set->add_to(*device);
    }
    /// Carries out a message that is right, and lets it settle.
    std::string operator()(std::string_view message) {
        std::string answer = device->execute(message);
        EXPECT_EQ(device->status().take_error(), "0,\"No error\"") << message;
        workbench.run_for(std::chrono::seconds{1});
        return answer;
    }
    int error_of(std::string_view message) {
        device->execute(message);
        return std::stoi(device->status().take_error());
    }
    double terminal(int channel) const { return made.terminal(channel); }

    Workbench workbench;
    Made<Interface> made;
    std::unique_ptr<CommandSet> set;
    std::unique_ptr<Device> device;
};

class Cells : public testing::Test {
  protected:
    Cells() : bench("virtual_cell_simulator", with_channels()) {
        CellUnit unit = generic_cell_unit();
        unit.count = 12;
        unit.source_limit = 1.2;
        unit.sink_limit = 1.2;
        bench.join<CellCommands>(std::move(unit));
    }
    static Options with_channels() {
        Options options = exact;
        options.emplace_back("channels", "12");
        return options;
    }
    Bench<CellSimulator> bench;
};

constexpr double error = 0.1e-3;

TEST_F(Cells, AreSetFirstAndSwitchedOnThen) {
    bench("SOUR2:VOLT 3.25");
    EXPECT_TRUE(std::isnan(bench.terminal(2)));
    EXPECT_EQ(bench("SOUR2:VOLT?;:OUTP2?;:MEAS2:VOLT?"), "3.25;0;9.91E37");
    bench("OUTP2 ON");
    EXPECT_NEAR(bench.terminal(2), 3.25, error);
    EXPECT_NEAR(std::stod(bench("MEAS2:VOLT?")), 3.25, error);
    EXPECT_EQ(bench("MEAS2:CURR?").empty(), false);
    bench("SOUR2:VOLT 3.3 V");
    EXPECT_NEAR(bench.terminal(2), 3.3, error);
    bench("OUTP2 0");
    EXPECT_TRUE(std::isnan(bench.terminal(2)));
}

TEST_F(Cells, AreSetManyAtOnce) {
    bench("OUTP ON,(@1:12);:SOUR:VOLT 3.1,(@1:12)");
    for (int cell = 1; cell <= 12; ++cell) EXPECT_NEAR(bench.terminal(cell), 3.1, error);
    bench("SOUR:VOLT 3.2,3.3,3.4,(@1,3,5)");
    EXPECT_NEAR(bench.terminal(3), 3.3, error);
    EXPECT_NEAR(bench.terminal(4), 3.1, error);
    EXPECT_EQ(bench("SOUR:VOLT? (@1:5)"), "3.2,3.1,3.3,3.1,3.4");
    EXPECT_EQ(bench.error_of("SOUR:VOLT 3.2,3.3,(@1:3)"), -109);
    EXPECT_EQ(bench.error_of("SOUR:VOLT 3.2,9,(@1:2)"), -222);
    EXPECT_EQ(bench("SOUR:VOLT? (@1:3)"), "3.2,3.1,3.3");
}

// SCPI-99 volume 2, SOURce and ROUTe: an instrument that is a source or a switch in the first place
// may have these left out.
TEST_F(Cells, NeedNoSourceInFrontOfWhatTheySource) {
    bench("VOLT 3.1,(@2:3);:OUTP 1,(@2:3);:CURR:SRC 0.5,(@3)");
    EXPECT_NEAR(bench.terminal(3), 3.1, error);
    EXPECT_EQ(bench("VOLT? (@1:3);:SOURCE3:CURRENT:SRC?"), "0,3.1,3.1;0.5");
    bench("VOLTAGE:LEVEL:IMMEDIATE:AMPLITUDE 3.2");
    EXPECT_EQ(bench("VOLT?"), "3.2") << "channel 1, where no other is said";
    EXPECT_EQ(bench.error_of("VOLT2 3.2"), -113) << "the number is that of SOURce";
}

TEST_F(Cells, HaveFaultsAndLoseThemOnReset) {
    bench("SOUR:VOLT 3,(@1:3);:OUTP 1,(@1:3);:OUTP1:FAUL OPEN;:OUTP2:FAUL SHORT;:OUTP3:FAUL POL");
    EXPECT_TRUE(std::isnan(bench.terminal(1)));
    EXPECT_NEAR(bench.terminal(2), 0, error);
    EXPECT_NEAR(bench.terminal(3), -3, error);
    EXPECT_EQ(bench("OUTP:FAUL? (@1:4)"), "OPEN,SHORT,POL,NONE");
    bench("*RST");
    EXPECT_EQ(bench("OUTP:FAUL? (@1:4)"), "NONE,NONE,NONE,NONE");
    EXPECT_EQ(bench("OUTP? (@1:4)"), "0,0,0,0");
    EXPECT_TRUE(std::isnan(bench.terminal(3)));
}

TEST_F(Cells, GiveWayAtTheirCurrentLimit) {
    bench("SOUR1:CURR:SRC 0.5;:SOUR1:VOLT 4;:OUTP1 1");
    bench.made.source().set_load(1, 0.25);  // 4 ohm would take 1 A
    EXPECT_NEAR(bench.terminal(1), 2, error);
    EXPECT_NEAR(std::stod(bench("MEAS1:CURR?")), 0.5, 2e-3);
    EXPECT_EQ(bench("SOUR1:CURR:SRC?"), "0.5");
    EXPECT_EQ(bench.error_of("SOUR1:CURR:SRC 9"), -222);
    bench("SOUR1:CURR:SNK -0.25");
    EXPECT_EQ(bench("SOUR1:CURR:SNK?"), "0.25") << "a sink limit that is counted as negative";
    bench("*RST");
    bench("SOUR1:VOLT 4;:OUTP1 1");
    EXPECT_NEAR(bench.terminal(1), 4, error) << "1.2 A again";
}

TEST_F(Cells, AreSetToStepsAndSwitchedByNumbersThatRoundToNone) {
    bench("SOUR1:VOLT 3.30006;:OUTP1 1");
    EXPECT_EQ(bench("SOUR1:VOLT?"), "3.3001") << "steps of 0.1 mV";
    bench("OUTP1 0.4");  // SCPI-99 volume 1, 7.3: rounded to an integer
    EXPECT_EQ(bench("OUTP1?"), "0");
}

TEST(AbsUnit, SpeaksAsItsMakersDriverExpects) {
    Options options = exact;
    options.emplace_back("channels", "12");
    Bench<CellSimulator> bench("virtual_cell_simulator", options);
    bench.join<AbsCommands>(9, 2, 1.2, 1.2);  // the second of two units: 4 cells are left for it
    // The bytes of the maker's driver: src/ScpiClient_Cells.cpp.
    bench(":SOUR1:VOLT 3.3000;:SOUR2:VOLT 3.4000;");
    bench("OUTP 1,(@1,2)");
    EXPECT_NEAR(bench.terminal(9), 3.3, error);
    EXPECT_NEAR(bench.terminal(10), 3.4, error);
    bench("OUTP1:FAUL OPEN");
    EXPECT_EQ(bench("OUTP:FAUL? (@1:4)"), "OPENCIRCUIT,NONE,NONE,NONE");
    bench("OUTP:FAUL NONE,(@1:4)");
    EXPECT_EQ(bench("OUTP1:MODE?"), "CV");
    bench("SOUR1:CURR:SRC 0.5000");
    bench.made.source().set_load(9, 0.25);
    EXPECT_EQ(bench("OUTP1:MODE?"), "ILIM");
    bench("SENS:RANG LO,(@1:2)");
    EXPECT_EQ(bench("SENS:RANG? (@1:3)"), "LOW,LOW,AUTO");
    EXPECT_EQ(bench("CONF:COMM:SER:ID?"), "2");
    EXPECT_NEAR(std::stod(bench("MEAS2:VOLT:AVG?")), 3.4, error);
    EXPECT_EQ(bench.error_of("SOUR5:VOLT 3"), -114);
}

TEST(AbsUnit, ASoftInterlockHoldsItsOutputsOff) {
    Options options = exact;
    options.emplace_back("channels", "8");
    Bench<CellSimulator> bench("virtual_cell_simulator", options);
    bench.join<AbsCommands>(1, 1, 1.2, 1.2);
    bench("SOUR1:VOLT 3;:OUTP1 1");
    EXPECT_EQ(bench("SYST:ALARM?;:SYST:INT?"), "0;0");
    bench("SYST:ALARM:RAISE");
    EXPECT_EQ(bench("SYST:ALARM?;:SYST:INT?"), "1;1");
    EXPECT_TRUE(std::isnan(bench.terminal(1)));
    bench("SOUR1:VOLT 3.1;:OUTP1 1");
    EXPECT_TRUE(std::isnan(bench.terminal(1)));
    bench("SYST:ALARM:CLEAR");
    EXPECT_EQ(bench("SYST:ALARM?"), "0");
    EXPECT_NEAR(bench.terminal(1), 3.1, error);
    bench("SYST:ALARM:RAISE");
    bench("*RST");  // the real one reboots
    EXPECT_EQ(bench("SYST:ALARM?"), "0");
}

TEST(PrecisionSource, HoldsASetPointWithinItsRange) {
    Bench<ShuntInjector> bench("virtual_shunt_injector", {{"accuracy", "1 uV"},
                                                          {"noise", "0 V"},
                                                          {"resolution", "0.1 uV"},
                                                          {"settling_time", "0 s"}});
    bench.join<SourceCommands>(std::vector<double>{0.02, 0.2});
    EXPECT_EQ(bench("SOUR:VOLT:RANG?"), "0.02");
    EXPECT_EQ(bench.error_of("SOUR:VOLT 0.05"), -222);
    EXPECT_EQ(bench.error_of("SOUR:VOLT -0.05"), -222);
    bench("SOUR:VOLT:RANG 0.05;:SOUR:VOLT 0.05;:OUTP 1");
    EXPECT_EQ(bench("SOUR:VOLT:RANG?;:SOUR:VOLT?"), "0.2;0.05");
    EXPECT_NEAR(bench.terminal(1), 0.05, 2e-6);
    EXPECT_EQ(bench.error_of("SOUR:VOLT:RANG MIN"), -221);
    EXPECT_EQ(bench.error_of("SOUR:VOLT:RANG 0.3"), -222);
    EXPECT_EQ(bench("VOLT:RANG?"), "0.2");
    bench("*RST");
    EXPECT_EQ(bench("SOUR:VOLT:RANG?;:SOUR:VOLT?;:OUTP?"), "0.02;0;0");
    EXPECT_NEAR(bench.terminal(1), 0, 2e-6);
}

TEST(SensorCommands, SetTemperaturesAndFaults) {
    Bench<TemperatureSimulator> bench("virtual_temperature_simulator",
                                      {{"channels", "3"}, {"accuracy", "0.05 degC"}});
    bench.join<TemperatureCommands>();
    EXPECT_EQ(bench("MEAS1:TEMP?"), "9.91E37");
    bench("SOUR:TEMP 25.03,(@1:3)");
    EXPECT_EQ(bench("SOUR1:TEMP?"), "25");  // a DS18B20 has steps of a sixteenth of a degree
    bench("TEMP 30,(@2)");
    EXPECT_EQ(bench("TEMP? (@1:3)"), "25,30,25");
}

TEST(SensorCommands, ShowWhatIsAbsentOrStuck) {
    Bench<TemperatureSimulator> bench("virtual_temperature_simulator",
                                      {{"channels", "3"}, {"accuracy", "0.05 degC"}});
    bench.join<TemperatureCommands>();
    bench("SOUR:TEMP 25 CEL,(@1:3)");
    bench("OUTP1:FAUL ABS;:OUTP2:FAUL STUCK");
    bench("SOUR:TEMP 40,(@1:3)");
    EXPECT_TRUE(std::isnan(bench.terminal(1)));
    EXPECT_NEAR(bench.terminal(2), 25, 0.1);
    EXPECT_NEAR(bench.terminal(3), 40, 0.1);
    EXPECT_EQ(bench("OUTP:FAUL? (@1:3)"), "ABS,STUC,NONE");
    bench("OUTP1:FAUL NONE");
    EXPECT_NEAR(std::stod(bench("MEAS1:TEMP?")), 40, 0.1);
    bench("*RST");
    EXPECT_TRUE(std::isnan(bench.terminal(3)));
    EXPECT_EQ(bench("MEAS3:TEMP?"), "9.91E37");
}

TEST(RelayCard, ClosesAndOpensContacts) {
    Bench<LineDriver> bench("virtual_line_driver", {{"channels", "4"}});
    bench.join<ContactCommands>();
    bench("ROUT:CLOS (@1,3)");
    EXPECT_EQ(bench("ROUT:CLOS? (@1:4)"), "1,0,1,0");
    EXPECT_EQ(bench.terminal(3), 1);
    bench("ROUT:OPEN (@3)");
    EXPECT_EQ(bench.terminal(3), 0);
    EXPECT_EQ(bench.error_of("ROUT:CLOS (@2,5)"), -222);
    EXPECT_EQ(bench("ROUT:CLOS? (@1:4)"), "1,0,0,0");
    bench("CLOS (@4);:OPEN (@1)");
    EXPECT_EQ(bench("CLOS? (@1:4)"), "0,0,0,1");
    bench("ROUT:OPEN:ALL");
    EXPECT_EQ(bench("ROUT:CLOS? (@1:4)"), "0,0,0,0");
}

TEST(FaultMatrix, PutsRelaysBetweenCellsAndPlug) {
    Options options = exact;
    options.emplace_back("channels", "4");
    Bench<CellSimulator> bench("virtual_cell_simulator", options);
    bench.join<MatrixCommands>();
    for (int cell = 1; cell <= 4; ++cell) bench.made->set_voltage(cell, 3.0_V);
    bench("ROUT:CLOS (@101,102,202,303)");
    EXPECT_TRUE(std::isnan(bench.terminal(1)));
    EXPECT_NEAR(bench.terminal(2), 0, error);
    EXPECT_NEAR(bench.terminal(3), -3, error);
    EXPECT_NEAR(bench.terminal(4), 3, error);
    EXPECT_EQ(bench.error_of("ROUT:CLOS (@204)"), -221) << "it would short source 4";
    EXPECT_EQ(bench.error_of("ROUT:OPEN (@102)"), -221) << "and this one source 2";
    EXPECT_EQ(bench("ROUT:CLOS? (@102,202,204)"), "1,1,0");
    EXPECT_NEAR(bench.terminal(2), 0, error);
    EXPECT_EQ(bench.error_of("ROUT:CLOS (@105)"), -222);
    EXPECT_EQ(bench.error_of("ROUT:CLOS (@401)"), -222);
    bench("*RST");
    EXPECT_NEAR(bench.terminal(1), 3, error);
}

TEST(MeterCommands, ReadInTheUnitOfTheChannel) {
    Bench<Meter> bench("virtual_meter", {{"unit", "ratio"},
                                         {"channels", "2"},
                                         {"resolution", "0.001 ratio"},
                                         {"accuracy", "0.0005 ratio"}});
    bench.join<MeterCommands>();
    dynamic_cast<ProbeTerminals&>(*bench.made.instrument).feel(1, 0.533);
    EXPECT_EQ(bench("READ1?"), "0.533");
    EXPECT_EQ(bench("READ? (@1,2)"), "0.533,9.91E37");
}

}  // namespace
}  // namespace bmsrig::scpi_server
