// What a cell simulator is told, and what it can do, as its profile and the bench file say.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "drivers/scpi/template.h"
#include "rig/config/bench.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig::scpi {

struct CellSimulatorCommands {
    /// Throws InputError with file and line.
    CellSimulatorCommands(InstrumentSpec& spec, double resolution);

    /// Of one of the four faults; empty: it cannot.
    [[nodiscard]] const CommandTemplate& fault(CellFault fault) const {
        return faults[static_cast<std::size_t>(fault)];
    }

    CommandTemplate set_voltage;
    CommandTemplate set_voltages;
    CommandTemplate output_on;
    CommandTemplate output_off;
    CommandTemplate set_source_limit;
    CommandTemplate set_sink_limit;
    CommandTemplate read_voltage;
    CommandTemplate read_current;
    CommandTemplate read_fault;
    std::array<CommandTemplate, 4> faults;
    std::vector<std::string> fault_words;  ///< answers to read_fault, in the order of CellFault
};

}  // namespace bmsrig::scpi
