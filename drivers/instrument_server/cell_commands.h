// A cell simulator's commands: those of the generic dialect, which are also Bloomy's.
#pragma once

#include <string>
#include <vector>

#include "drivers/instrument_server/command_set.h"
#include "drivers/virtual_common/quantiser.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig::scpi_server {

/// How one unit of a cell simulator speaks, and which of the cells are its own.
struct CellUnit {
    int first = 1;  ///< the simulator's channel that is the unit's cell 1
    int count = 1;
    double source_limit = 0;  ///< most that a cell sources and sinks, in A
    double sink_limit = 0;
    /// Of none, open, short and reversed: what is written, and what is read back.
    std::vector<std::string_view> fault_patterns;
    std::vector<std::string> fault_words;
};

/// With its standard words for the faults.
CellUnit generic_cell_unit();

class CellCommands : public CommandSet {
  public:
    CellCommands(CellSimulator& cells, CellUnit unit);
    void add_to(Device& device) override;
    void reset() override;

  protected:
    struct Cell {
        double set_point = 0;
        double source_limit = 0;
        double sink_limit = 0;
        CellFault fault = CellFault::none;
        bool on = false;
    };
    void switch_output(int number, bool on);
    /// What an interlock does: the outputs are off, and what is switched on stays off until then.
    void block_outputs(bool blocked);
    [[nodiscard]] CellSimulator& simulator() const { return cells_; }
    [[nodiscard]] int channel(int cell) const { return unit_.first + cell - 1; }
    [[nodiscard]] int count() const { return unit_.count; }
    /// The voltage that a cell measures.
    [[nodiscard]] double sensed(int number) const;
    [[nodiscard]] const Cell& cell(int number) const { return at_channel(state_, number); }

  private:
    void add_voltage(Device& device);
    void add_limits(Device& device);
    void add_limit(Device& device, const std::string& pattern, double Cell::*limit, double most);
    void add_output(Device& device);
    void add_measurements(Device& device);
    void apply(int number);

    CellSimulator& cells_;
    Quantiser grid_;  ///< of the set-points
    CellUnit unit_;
    std::vector<Cell> state_;
    bool blocked_ = false;
};

}  // namespace bmsrig::scpi_server
