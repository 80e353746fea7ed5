#include "drivers/instrument_server/bridge.h"
#include "drivers/instrument_server/scpi_bridge.h"

namespace bmsrig {

const std::vector<BridgeInfo>& bridge_registry() {
    static const std::vector<BridgeInfo> bridges{
        {"bloomy_abs", "SCPI, 8 cells a unit", make_bloomy_abs_bridge},
        {"scpi_cell_simulator", "SCPI", make_scpi_cell_simulator_bridge},
        {"scpi_fault_matrix", "SCPI", make_scpi_fault_matrix_bridge},
        {"scpi_line_driver", "SCPI", make_scpi_line_driver_bridge},
        {"scpi_meter", "SCPI", make_scpi_meter_bridge},
        {"scpi_power_supply", "SCPI", make_scpi_power_supply_bridge},
        {"scpi_shunt_injector", "SCPI", make_scpi_shunt_injector_bridge},
        {"scpi_temperature_simulator", "SCPI", make_scpi_temperature_simulator_bridge},
    };
    return bridges;
}

}  // namespace bmsrig
