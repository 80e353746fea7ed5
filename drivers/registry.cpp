#include "drivers/registry.h"

#include <algorithm>

#include "drivers/bloomy_abs/bloomy_abs.h"
#include "drivers/bloomy_bs1200/bloomy_bs1200.h"
#include "drivers/gpio/gpio_line_bank.h"
#include "drivers/gpio/gpio_line_driver.h"
#include "drivers/hosted_uut/hosted_uut.h"
#include "drivers/scpi/scpi_cell_simulator.h"
#include "drivers/scpi/scpi_fault_matrix.h"
#include "drivers/scpi/scpi_line_driver.h"
#include "drivers/scpi/scpi_meter.h"
#include "drivers/scpi/scpi_temperature_simulator.h"
#include "drivers/scpi/scpi_voltage_source.h"
#include "drivers/serial_port/serial_port.h"
#include "drivers/socketcan/socketcan_adapter.h"
#include "drivers/virtual_can_adapter/virtual_can_adapter.h"
#include "drivers/virtual_cell_simulator/virtual_cell_simulator.h"
#include "drivers/virtual_line_bank/virtual_line_bank.h"
#include "drivers/virtual_line_driver/virtual_line_driver.h"
#include "drivers/virtual_meter/virtual_meter.h"
#include "drivers/virtual_power_supply/virtual_power_supply.h"
#include "drivers/virtual_serial_adapter/virtual_serial_adapter.h"
#include "drivers/virtual_shunt_injector/virtual_shunt_injector.h"
#include "drivers/virtual_temperature_simulator/virtual_temperature_simulator.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

/// The nearest one, where one is near, and all there are.
std::string known_drivers(const std::string& wrong) {
    const auto names = names_of(driver_registry(), &DriverInfo::name);
    const std::string all = suggest("", names);
    const std::string nearest = suggest(wrong, names);
    return nearest == all ? all : nearest + " " + all;
}

}  // namespace

const std::vector<DriverInfo>& driver_registry() {
    static const std::vector<DriverInfo> drivers{
        {"socketcan_adapter", "CAN adapter", "a CAN interface of Linux, real or vcan",
         make_socketcan_adapter},
        {"virtual_can_adapter", "CAN adapter", "a node on a CAN bus, with time on the wire",
         make_virtual_can_adapter},
        {"hosted_uut", "UUT host", "a BMS process beside instruments that somebody serves",
         make_hosted_uut},
        {"bloomy_abs", "cell simulator", "Bloomy ABS, 8 cells a unit, by SCPI", make_bloomy_abs},
        {"bloomy_bs1200", "cell simulator", "boxes of 12 cells of 0-5 V, 0.5 A, on CAN",
         make_bloomy_bs1200},
        {"scpi_cell_simulator", "cell simulator", "any cell simulator that speaks SCPI",
         make_scpi_cell_simulator},
        {"virtual_cell_simulator", "cell simulator",
         "cells of 0-5 V with noise, slew, limits and faults", make_virtual_cell_simulator},
        {"scpi_fault_matrix", "fault matrix", "relays that open, short, reverse and exchange cells",
         make_scpi_fault_matrix},
        {"gpio_line_bank", "line bank", "inputs of a GPIO chip, by libgpiod", make_gpio_line_bank},
        {"virtual_line_bank", "line bank", "digital inputs with bias, debounce and stamped edges",
         make_virtual_line_bank},
        {"gpio_line_driver", "line driver", "relays at outputs of a GPIO chip, by libgpiod",
         make_gpio_line_driver},
        {"scpi_line_driver", "line driver", "any relay card that speaks SCPI",
         make_scpi_line_driver},
        {"virtual_line_driver", "line driver", "relay contacts with an operate time",
         make_virtual_line_driver},
        {"scpi_meter", "meter", "any meter that speaks SCPI", make_scpi_meter},
        {"virtual_meter", "meter", "reads analogue outputs of the UUT", make_virtual_meter},
        {"scpi_power_supply", "power supply", "any power supply that speaks SCPI",
         make_scpi_power_supply},
        {"virtual_power_supply", "power supply", "a supply of 0-80 V for the UUT's terminals",
         make_virtual_power_supply},
        {"serial_port", "serial adapter", "a serial port of Linux at any bit rate",
         make_serial_port},
        {"virtual_serial_adapter", "serial adapter",
         "a port on a serial bus whose bytes take their time", make_virtual_serial_adapter},
        {"scpi_shunt_injector", "shunt injector", "any precision source that speaks SCPI",
         make_scpi_shunt_injector},
        {"virtual_shunt_injector", "shunt injector", "+/-110 mV across the UUT's shunt terminals",
         make_virtual_shunt_injector},
        {"scpi_temperature_simulator", "temperature simulator",
         "any temperature simulator that speaks SCPI", make_scpi_temperature_simulator},
        {"virtual_temperature_simulator", "temperature simulator",
         "sensors with the steps of a DS18B20", make_virtual_temperature_simulator},
    };
    return drivers;
}

std::unique_ptr<Instrument> make_instrument(const InstrumentSpec& spec,
                                            const DriverContext& context) {
    const auto& drivers = driver_registry();
    const auto found = std::ranges::find(drivers, spec.driver, &DriverInfo::name);
    if (found == drivers.end()) {
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": there is no driver \"" +
                             spec.driver.substr(0, 64) + "\"; " + known_drivers(spec.driver));
    }
    InstrumentSpec taken = spec;  // it notes which options were taken
    auto instrument = found->make(taken, context);
    taken.finish();
    return instrument;
}

}  // namespace bmsrig
