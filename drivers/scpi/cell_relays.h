// The relays of a fault matrix: which of them make which fault, and which of them must never be
// closed together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rig/config/bench.h"
#include "rig/instruments/cell_simulator.h"

namespace bmsrig::scpi {

/// For each cell, from its source to the UUT's plug: `open` parts both wires while it is energised,
/// `reverse` turns them round, `short` joins them on the UUT's side. `exchange` k lays the wires of
/// cell k and of the next one across. Numbers as the instrument has them; 0: there is none.
struct CellRelays {
    std::vector<int> open;
    std::vector<int> shorted;
    std::vector<int> reverse;
    std::vector<int> exchange;

    /// Takes the options open_relays, short_relays, reverse_relays and exchange_relays. Throws
    /// InputError if a list is too short or too long, or a relay has two tasks.
    static CellRelays take(InstrumentSpec& spec, int cells);

    /// Those that are energised for these faults. Throws BenchCannot for what has no relay.
    [[nodiscard]] std::set<int> energised(const std::map<int, CellFault>& faults,
                                          const std::set<int>& exchanged) const;
    /// Why a set of relays must not be energised together, by name; nothing if it may.
    [[nodiscard]] std::optional<std::string> danger(const std::set<int>& energised) const;

    /// One command's worth: relays of one task, let go or energised.
    struct Move {
        bool energise = false;
        std::vector<int> relays;
    };
    /// From one set to another so that no step between them is dangerous.
    [[nodiscard]] std::vector<Move> moves(const std::set<int>& from, const std::set<int>& to) const;
};

}  // namespace bmsrig::scpi
