#include "drivers/instrument_server/cell_commands.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace bmsrig::scpi_server {

namespace {

constexpr std::array faults{CellFault::none, CellFault::open, CellFault::shorted,
                            CellFault::reversed};

}  // namespace

CellUnit generic_cell_unit() {
    CellUnit unit;
    unit.fault_patterns = {"NONE", "OPENcircuit", "SHORTcircuit", "POLarity"};
    unit.fault_words = {"NONE", "OPEN", "SHORT", "POL"};
    return unit;
}

CellCommands::CellCommands(CellSimulator& cells, CellUnit unit)
    : cells_(cells),
      grid_(cells.resolution().value(), cells.minimum().value(), cells.maximum().value()),
      unit_(std::move(unit)),
      state_(static_cast<std::size_t>(unit_.count)) {
    for (Cell& cell : state_) {
        cell.source_limit = unit_.source_limit;
        cell.sink_limit = unit_.sink_limit;
    }
}

void CellCommands::reset() {
    for (int number = 1; number <= count(); ++number) {
        Cell& cell = at_channel(state_, number);
        cell = {};
        cell.source_limit = unit_.source_limit;
        cell.sink_limit = unit_.sink_limit;
        cells_.set_output(channel(number), false);
        cells_.set_fault(channel(number), CellFault::none);
        cells_.set_current_limits(channel(number), amperes(cell.source_limit),
                                  amperes(cell.sink_limit));
    }
}

void CellCommands::apply(int number) {
    const Cell& cell = at_channel(state_, number);
    if (cell.on && !blocked_) {
        cells_.set_voltage(channel(number), volts(cell.set_point));
    } else {
        cells_.set_output(channel(number), false);
    }
}

void CellCommands::switch_output(int number, bool on) {
    at_channel(state_, number).on = on;
    apply(number);
}

void CellCommands::block_outputs(bool blocked) {
    blocked_ = blocked;
    for (int number = 1; number <= count(); ++number) apply(number);
}

void CellCommands::add_to(Device& device) {
    add_voltage(device);
    add_limits(device);
    add_output(device);
    add_measurements(device);
}

void CellCommands::add_voltage(Device& device) {
    const NumberRange range{Unit::volt, cells_.minimum().value(), cells_.maximum().value(),
                            std::max(0.0, cells_.minimum().value())};
    add_channel_setting(
        device, "[SOURce#]:VOLTage[:LEVel][:IMMediate][:AMPLitude]", count(),
        [range](Call& call) { return call.number(range); },
        [this](int number, double voltage) {
            Cell& cell = at_channel(state_, number);
            cell.set_point = grid_.round(voltage);
            if (cell.on && !blocked_) {
                cells_.set_voltage(channel(number), volts(cell.set_point));
            }
        });
    add_channel_query(device, "[SOURce#]:VOLTage[:LEVel][:IMMediate][:AMPLitude]?", count(),
                      [this](int number) { return number_text(cell(number).set_point); });
}

void CellCommands::add_limit(Device& device, const std::string& pattern, double Cell::*limit,
                             double most) {
    // Some makers count a sink limit as a negative current: its magnitude is what is meant.
    const NumberRange range{Unit::ampere, limit == &Cell::sink_limit ? -most : 0, most, most};
    add_channel_setting(
        device, pattern, count(), [range](Call& call) { return std::abs(call.number(range)); },
        [this, limit](int number, double current) {
            Cell& cell = at_channel(state_, number);
            cell.*limit = current;
            cells_.set_current_limits(channel(number), amperes(cell.source_limit),
                                      amperes(cell.sink_limit));
        });
    add_channel_query(device, pattern + "?", count(),
                      [this, limit](int number) { return number_text(cell(number).*limit); });
}

void CellCommands::add_limits(Device& device) {
    add_limit(device, "[SOURce#]:CURRent:SRC", &Cell::source_limit, unit_.source_limit);
    add_limit(device, "[SOURce#]:CURRent:SNK", &Cell::sink_limit, unit_.sink_limit);
}

void CellCommands::add_output(Device& device) {
    add_channel_setting(
        device, "OUTPut#[:STATe]", count(), [](Call& call) -> int { return call.boolean(); },
        [this](int number, int on) { switch_output(number, on != 0); });
    add_channel_query(device, "OUTPut#[:STATe]?", count(),
                      [this](int number) { return std::string(cell(number).on ? "1" : "0"); });
    add_channel_setting(
        device, "OUTPut#:FAULt", count(),
        [this](Call& call) { return call.word(unit_.fault_patterns); },
        [this](int number, std::size_t fault) {
            at_channel(state_, number).fault = faults.at(fault);
            cells_.set_fault(channel(number), faults.at(fault));
        });
    add_channel_query(device, "OUTPut#:FAULt?", count(), [this](int number) {
        const auto fault = std::ranges::find(faults, cell(number).fault) - faults.begin();
        return unit_.fault_words[static_cast<std::size_t>(fault)];
    });
}

/// A fault matrix that turns the cell round stands behind its sense terminals.
double CellCommands::sensed(int number) const {
    const double voltage = cells_.read_voltage(channel(number)).value();
    const Cell& told = cell(number);
    return told.fault == CellFault::none ? std::copysign(voltage, told.set_point) : voltage;
}

void CellCommands::add_measurements(Device& device) {
    add_channel_query(device, "MEASure#[:SCALar]:VOLTage[:DC]?", count(),
                      [this](int number) { return number_text(sensed(number)); });
    add_channel_query(device, "MEASure#[:SCALar]:CURRent[:DC]?", count(), [this](int number) {
        return number_text(cells_.read_current(channel(number)).value());
    });
}

}  // namespace bmsrig::scpi_server
