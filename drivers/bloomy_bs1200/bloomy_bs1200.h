// The Bloomy BS1200: 12 cells in a box, up to 16 boxes on one CAN bus.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/common/current_limits.h"
#include "drivers/registry.h"
#include "drivers/socketcan/can_socket.h"
#include "rig/scheduler.h"

namespace bmsrig {

/// Makes a CellSimulator.
///
/// | option        | default  | range         | meaning |
/// |---------------|----------|---------------|---|
/// | interface     | (needed) |               | the CAN interface that it has to itself: "can1", at
/// 1 Mbit/s | | boxes         | 1        | 0 .. 15 each  | the numbers set on the boxes, in the
/// order of their cells: "1 2" | | accuracy      | 2 mV     | 0.1 .. 100 mV | of the data sheet or
/// the calibration | | source_limit  | 0.5 A    | 0 .. 0.5 A    | of each cell, at the start of a
/// test | | sink_limit    | 0.5 A    | 0 .. 0.5 A    | | | serial_number |          | | for the
/// record: a BS1200 does not tell it on CAN | | calibrated    |          | ISO 8601 date | for the
/// record | | safe          | off      | off, hold     | off: all cells are switched off |
///
/// Voltages go out in steps of 0.1 mV, four cells in a frame, each frame at most every 5 ms: what
/// is set in between goes out with the next. A reading is one that the box made 10 ms after the
/// last set or later; it waits for that. The cells have no relays: a fault of their wires needs a
/// fault matrix.
std::unique_ptr<Instrument> make_bloomy_bs1200(InstrumentSpec& spec, const DriverContext& context);

/// What a bench file says of it.
struct Bs1200Options {
    std::string name;
    std::string interface;
    std::vector<int> boxes{1};
    double accuracy = 2e-3;  // V
    CurrentLimits limits{0.5, 0.5};
    std::string serial_number;
    std::string calibrated;
    bool holds = false;
};

/// What it lives on. All of it outlives the instrument.
struct Bs1200Context {
    Scheduler& scheduler;
    std::function<std::unique_ptr<CanSocket>()> open;
    std::function<Instant()> now;
    /// Lets time run until the condition holds or the time has passed: whether it holds.
    std::function<bool(const std::function<bool()>&, Duration)> wait;
};
std::unique_ptr<Instrument> make_bloomy_bs1200(const Bs1200Options& options,
                                               const Bs1200Context& context);

}  // namespace bmsrig
