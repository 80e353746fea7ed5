// SCPI servers: a virtual instrument behind one or several SCPI ports.
#pragma once

#include <memory>

#include "drivers/instrument_server/bridge.h"

namespace bmsrig {

/// Each takes the options of the port (scpi_port.h: listen, latency, ...) and
///
/// | option        | default                    | meaning |
/// |---------------|----------------------------|---|
/// | identity      | bmsrig,<model>,<name>,<version> | what *IDN? says |
/// | serial_number | that of the identity       | the one that the rig is told to expect |
/// | calibrated    | the day it is served       | ISO date |
/// | settling_time | the virtual one's, if said | that the rig is told |
///
/// bloomy_abs serves 8 cells a unit, each at its own port; they are numbered from 1, also in their
/// serial numbers where there are several.
std::unique_ptr<Bridge> make_bloomy_abs_bridge(InstrumentSpec& serve, Instrument& instrument,
                                               const BridgeContext& context);
std::unique_ptr<Bridge> make_scpi_cell_simulator_bridge(InstrumentSpec& serve,
                                                        Instrument& instrument,
                                                        const BridgeContext& context);
std::unique_ptr<Bridge> make_scpi_power_supply_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context);
/// `ranges` by commas in rising order: "20 mV, 200 mV"; the last one holds all set-points. One
/// range unless said.
std::unique_ptr<Bridge> make_scpi_shunt_injector_bridge(InstrumentSpec& serve,
                                                        Instrument& instrument,
                                                        const BridgeContext& context);
std::unique_ptr<Bridge> make_scpi_temperature_simulator_bridge(InstrumentSpec& serve,
                                                               Instrument& instrument,
                                                               const BridgeContext& context);
std::unique_ptr<Bridge> make_scpi_line_driver_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                     const BridgeContext& context);
std::unique_ptr<Bridge> make_scpi_meter_bridge(InstrumentSpec& serve, Instrument& instrument,
                                               const BridgeContext& context);
/// Served beside a cell simulator, at whose plug its relays are.
std::unique_ptr<Bridge> make_scpi_fault_matrix_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                      const BridgeContext& context);

}  // namespace bmsrig
