// What every instrument must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/real_ports.h"
#include "drivers/contract/served.h"
#include "drivers/contract/served_bs1200.h"
#include "drivers/gpio/testing/scripted_bench.h"

namespace bmsrig {
namespace {

class InstrumentContract : public DriverContract {};

TEST_P(InstrumentContract, HasTheNameOfTheBenchFile) {
    EXPECT_EQ(instrument_->name(), "it");
}

TEST_P(InstrumentContract, SaysWhoItIs) {
    const Identity identity = instrument_->identify();
    EXPECT_FALSE(identity.manufacturer.empty());
    EXPECT_FALSE(identity.model.empty());
    EXPECT_FALSE(identity.serial.empty());
    EXPECT_FALSE(identity.firmware.empty());
}

TEST_P(InstrumentContract, HasChannels) {
    EXPECT_GE(instrument_->channels(), 1);
}

TEST_P(InstrumentContract, IsAtRestAfterPowerOn) {
    EXPECT_LE(instrument_->settled_at(), scheduler_.now());
}

TEST_P(InstrumentContract, CanBeMadeSafeTwiceAndComesToRest) {
    instrument_->make_safe();
    instrument_->make_safe();
    settle();
    EXPECT_LE(instrument_->settled_at(), scheduler_.now());
}

TEST_P(InstrumentContract, IsAtRestAfterRestart) {
    run_until(scheduler_.now() + std::chrono::milliseconds{1});
    restart(seed);
    EXPECT_LE(instrument_->settled_at(), Instant{});
}

TEST_P(InstrumentContract, LeavesNothingBehindOnTheScheduler) {
    instrument_.reset();
    EXPECT_FALSE(scheduler_.next_due().has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, InstrumentContract,
    testing::Values(scripted_gpio_line_bank(), scripted_gpio_line_driver(),
                    DriverCase{"virtual_cell_simulator", {}}, DriverCase{"virtual_line_bank", {}},
                    DriverCase{"virtual_line_driver", {}}, DriverCase{"virtual_can_adapter", {}},
                    DriverCase{"virtual_meter", {}}, DriverCase{"virtual_serial_adapter", {}},
                    DriverCase{"virtual_power_supply", {}},
                    DriverCase{"virtual_shunt_injector", {}},
                    DriverCase{"virtual_temperature_simulator", {}}, serial_port_case(),
                    served_bs1200(), served("bloomy_abs", "virtual_cell_simulator"),
                    served("scpi_cell_simulator", "virtual_cell_simulator"),
                    served("scpi_line_driver", "virtual_line_driver"),
                    served("scpi_meter", "virtual_meter", {{"accuracy", "5 mV"}}),
                    served("scpi_power_supply", "virtual_power_supply"),
                    served("scpi_shunt_injector", "virtual_shunt_injector"),
                    served("scpi_temperature_simulator", "virtual_temperature_simulator")),
    case_name);

}  // namespace
}  // namespace bmsrig
