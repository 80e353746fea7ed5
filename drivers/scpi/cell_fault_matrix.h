// A fault matrix: relays between the cell sources and the UUT's plug.
#pragma once

#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/instrument.h"

namespace bmsrig {

/// Channels are cells. What it is asked for is checked as a whole, all relays of all cells, before
/// one of them moves.
class CellFaultMatrix : public Instrument {
  public:
    /// Throws RatingError, and moves no relay, if it would short a cell.
    virtual void set_fault(int cell, CellFault fault) = 0;
    /// Exchanges the wires of two cells, or puts them back. Throws BenchCannot if it has no relays
    /// for these two, and RatingError as above.
    virtual void exchange(int cell, int other) = 0;
};

}  // namespace bmsrig
