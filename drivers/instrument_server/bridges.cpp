#include "drivers/instrument_server/bridge.h"
#include "drivers/instrument_server/bs1200_server.h"
#include "drivers/instrument_server/gpio_sim_bridge.h"
#include "drivers/instrument_server/pty_bridge.h"
#include "drivers/instrument_server/scpi_bridge.h"
#include "drivers/instrument_server/socketcan_bridge.h"

namespace bmsrig {

const std::vector<BridgeInfo>& bridge_registry() {
    static const std::vector<BridgeInfo> bridges{
        {"bloomy_abs", "SCPI, 8 cells a unit", make_bloomy_abs_bridge},
        {"bloomy_bs1200", "CAN, 12 cells a box", make_bloomy_bs1200_bridge},
        {"gpio_line_bank", "lines of a simulated GPIO chip", make_gpio_line_bank_bridge},
        {"gpio_line_driver", "lines of a simulated GPIO chip", make_gpio_line_driver_bridge},
        {"scpi_cell_simulator", "SCPI", make_scpi_cell_simulator_bridge},
        {"scpi_fault_matrix", "SCPI", make_scpi_fault_matrix_bridge},
        {"scpi_line_driver", "SCPI", make_scpi_line_driver_bridge},
        {"scpi_meter", "SCPI", make_scpi_meter_bridge},
        {"scpi_power_supply", "SCPI", make_scpi_power_supply_bridge},
        {"scpi_shunt_injector", "SCPI", make_scpi_shunt_injector_bridge},
        {"scpi_temperature_simulator", "SCPI", make_scpi_temperature_simulator_bridge},
        {"serial_port", "a pty for each bus", make_serial_port_bridge},
        {"socketcan_adapter", "a CAN interface for each bus", make_socketcan_adapter_bridge},
    };
    return bridges;
}

}  // namespace bmsrig
