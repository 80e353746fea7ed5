// Cell simulators that speak SCPI: any model, by its command templates.
#pragma once

#include <memory>
#include <string>

#include "drivers/registry.h"
#include "drivers/scpi/core.h"

namespace bmsrig {

/// Makes a CellSimulator of a real instrument. Its options beside those of drivers/scpi/core.h:
///
/// | option       | default      | meaning |
/// |--------------|--------------|---|
/// | minimum, maximum, resolution, accuracy | the profile's | of a cell's voltage |
/// | source_limit | 5 A          | most a cell sources; also at the start of a test |
/// | sink_limit   | 5 A          | most a cell sinks; also at the start of a test |
/// | faults       |              | name of a fault matrix that stands earlier in the bench file |
/// | fault_words  |              | answers to read_fault: none, open, short, reversed |
///
/// | command      | placeholders           | meaning |
/// |--------------|------------------------|---|
/// | set_voltage  | channel, value         | does not switch the output on |
/// | set_voltages | channels, values       | all at once; none: set_voltage of each |
/// | output_on, output_off | channel or channels | |
/// | set_source_limit, set_sink_limit | channel, value | none: it has no such limits |
/// | fault_none, fault_open, fault_short, fault_reversed | channel or channels | none: it cannot |
/// | read_fault   | channel                | asked after every fault, and checked |
/// | read_voltage, read_current | channel  | |
///
/// Cells are exchanged by the fault matrix; without one, each of the two sources gets what belongs
/// to the other, which at the UUT's plug is the same.
std::unique_ptr<Instrument> make_scpi_cell_simulator(InstrumentSpec& spec,
                                                     const DriverContext& context);

namespace scpi {

/// What a model is asked for after every command, beside its errors, and what is wrong with the
/// answer.
struct Watch {
    std::string query;
    AnswerCheck check;
};
/// The same for a model that is more than its commands.
std::unique_ptr<Instrument> make_cell_simulator(InstrumentSpec& spec, const DriverContext& context,
                                                const CoreDefaults& defaults, const Watch& watch);

}  // namespace scpi

}  // namespace bmsrig
