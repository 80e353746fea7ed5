#include "rig/stimuli.h"

#include <cmath>

#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_driver.h"
#include "rig/instruments/temperature_simulator.h"
#include "rig/instruments/voltage_source.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

bool can_drive(Instrument* instrument, const InputNet& net) {
    if (net.closed || net.unit == Unit::boolean)
        return dynamic_cast<LineDriver*>(instrument) != nullptr;
    if (net.unit == Unit::celsius)
        return dynamic_cast<TemperatureSimulator*>(instrument) != nullptr;
    return dynamic_cast<CellSimulator*>(instrument) != nullptr ||
           dynamic_cast<VoltageSource*>(instrument) != nullptr;
}

SignalInfo signal_for(const InputNet& net) {
    if (net.closed || net.unit == Unit::boolean) return {net.port, SignalKind::contact, Unit::none};
    return {net.port, SignalKind::analog, net.unit};
}

CellFault cell_fault(std::string_view word, std::string_view port) {
    for (const auto fault :
         {CellFault::none, CellFault::open, CellFault::shorted, CellFault::reversed}) {
        if (word == to_string(fault)) return fault;
    }
    throw InputError("\"" + std::string(word) + "\" is no fault of " + std::string(port) +
                     "; expected none, open, short or reversed");
}

SensorFault sensor_fault(std::string_view word, std::string_view port) {
    for (const auto fault : {SensorFault::none, SensorFault::absent, SensorFault::stuck}) {
        if (word == to_string(fault)) return fault;
    }
    throw InputError("\"" + std::string(word) + "\" is no fault of " + std::string(port) +
                     "; expected none, absent or stuck");
}

constexpr std::string_view cell_prefix = "cell.";

}  // namespace

Stimuli::Stimuli(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                 Trace& trace)
    : trace_(trace) {
    for (const InputNet& net : wiring.inputs()) {
        const auto found = bench.find(net.source.instrument);
        const std::string where =
            wiring.file() + ":" + std::to_string(net.line) + ": net " + net.port;
        if (found == bench.end()) {
            throw WiringError(where + " starts at " + to_string(net.source) +
                              ", but the bench has no instrument \"" + net.source.instrument +
                              "\"");
        }
        if (net.source.channel < 1 || net.source.channel > found->second->channels()) {
            throw WiringError(where + " starts at " + to_string(net.source) +
                              ", but that instrument has channels 1 to " +
                              std::to_string(found->second->channels()));
        }
        if (!can_drive(found->second, net)) {
            throw WiringError(where + " wants " +
                              (net.closed ? "a contact" : std::string(to_string(net.unit))) +
                              ", which instrument \"" + net.source.instrument + "\" cannot give");
        }
        const SignalInfo info = signal_for(net);
        const auto known = trace.find(info.name);
        nets_.emplace(net.port, Net{net, found->second, known ? *known : trace.declare(info)});
    }
    for (int n = 1;; ++n) {
        const auto cell = nets_.find(std::string(cell_prefix) + std::to_string(n));
        if (cell == nets_.end()) break;
        cells_.push_back(&cell->second);
    }
}

const Stimuli::Net& Stimuli::find(std::string_view port) const {
    const auto found = nets_.find(port);
    if (found != nets_.end()) return found->second;
    std::vector<std::string> names;
    names.reserve(nets_.size());
    for (const auto& [name, net] : nets_) names.push_back(name);
    throw InputError("the wiring has no input \"" + std::string(port) + "\"; " +
                     suggest(port, names));
}

void Stimuli::check_rating(const Net& net, double value) {
    const InputNet& wire = net.net;
    if (!std::isfinite(value)) {
        throw RatingError(wire.port + ": " + format_number(value) +
                          " was asked for; expected a finite number of " +
                          std::string(to_string(wire.unit)) +
                          " (an open wire is a fault, see set_fault)");
    }
    if ((wire.rating_low && value < *wire.rating_low) ||
        (wire.rating_high && value > *wire.rating_high)) {
        throw RatingError(wire.port + ": " + format_quantity(value, wire.unit) +
                          " was asked for, but the UUT is rated " +
                          format_quantity(wire.rating_low.value_or(-HUGE_VAL), wire.unit) + " to " +
                          format_quantity(wire.rating_high.value_or(HUGE_VAL), wire.unit) +
                          "; refused, nothing was changed");
    }
}

double Stimuli::apply(std::string_view port, double value, Instant now) {
    const Net& net = find(port);
    const int channel = net.net.source.channel;
    if (auto* contacts = dynamic_cast<LineDriver*>(net.instrument)) {
        if (value != 0 && value != 1) {
            throw InputError(net.net.port + " is a contact; expected 0 (open) or 1 (closed), not " +
                             format_number(value));
        }
        contacts->set(channel, value != 0);
        trace_.append(net.signal, now, value);
        return value;
    }
    check_rating(net, value);
    double in_force = value;
    if (auto* simulator = dynamic_cast<CellSimulator*>(net.instrument)) {
        in_force = simulator->set_voltage(channel, volts(value)).value();
    } else if (auto* temperature = dynamic_cast<TemperatureSimulator*>(net.instrument)) {
        in_force = temperature->set_temperature(channel, celsius(value)).value();
    } else {
        in_force = dynamic_cast<VoltageSource&>(*net.instrument)
                       .set_voltage(channel, volts(value))
                       .value();
    }
    trace_.append(net.signal, now, in_force);
    return in_force;
}

void Stimuli::apply_cells(std::span<const double> values, Instant now) {
    if (values.size() != cells_.size()) {
        throw InputError(std::to_string(values.size()) + " cell voltages were given for " +
                         std::to_string(cells_.size()) + " cells");
    }
    for (std::size_t i = 0; i < values.size(); ++i) check_rating(*cells_[i], values[i]);

    std::vector<Volts> voltages;
    voltages.reserve(values.size());
    bool in_order = true;  // one instrument, channels 1..n: one message to it
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        voltages.push_back(volts(values[i]));
        in_order = in_order && cells_[i]->instrument == cells_.front()->instrument &&
                   cells_[i]->net.source.channel == static_cast<int>(i) + 1;
    }
    auto* simulator =
        cells_.empty() ? nullptr : dynamic_cast<CellSimulator*>(cells_.front()->instrument);
    if (!in_order || simulator == nullptr) {
        for (std::size_t i = 0; i < values.size(); ++i) apply(cells_[i]->net.port, values[i], now);
        return;
    }
    const std::vector<Volts> in_force = simulator->set_voltages(voltages);
    for (std::size_t i = 0; i < in_force.size(); ++i) {
        trace_.append(cells_[i]->signal, now, in_force[i].value());
    }
}

void Stimuli::set_fault(std::string_view port, std::string_view fault) {
    const Net& net = find(port);
    if (auto* simulator = dynamic_cast<CellSimulator*>(net.instrument)) {
        simulator->set_fault(net.net.source.channel, cell_fault(fault, port));
    } else if (auto* temperature = dynamic_cast<TemperatureSimulator*>(net.instrument)) {
        temperature->set_fault(net.net.source.channel, sensor_fault(fault, port));
    } else {
        throw InputError(
            "no faults can be injected at " + std::string(port) +
            "; only at cells (open, short, reversed) and temperatures (absent, stuck)");
    }
}

double Stimuli::read(std::string_view port) {
    const Net& net = find(port);
    const int channel = net.net.source.channel;
    if (auto* simulator = dynamic_cast<CellSimulator*>(net.instrument))
        return simulator->read_voltage(channel).value();
    if (auto* temperature = dynamic_cast<TemperatureSimulator*>(net.instrument)) {
        return temperature->read_temperature(channel).value();
    }
    if (auto* source = dynamic_cast<VoltageSource*>(net.instrument))
        return source->read_voltage(channel).value();
    return dynamic_cast<LineDriver&>(*net.instrument).is_closed(channel) ? 1 : 0;
}

double Stimuli::accuracy(std::string_view port) const {
    const Net& net = find(port);
    if (auto* simulator = dynamic_cast<CellSimulator*>(net.instrument))
        return simulator->accuracy().value();
    if (auto* temperature = dynamic_cast<TemperatureSimulator*>(net.instrument))
        return temperature->accuracy().value();
    if (auto* source = dynamic_cast<VoltageSource*>(net.instrument))
        return source->accuracy().value();
    return 0;
}

Unit Stimuli::unit(std::string_view port) const {
    return find(port).net.unit;
}

std::vector<std::string> Stimuli::analog_ports() const {
    std::vector<std::string> ports;
    for (const auto& [port, net] : nets_) {
        if (dynamic_cast<LineDriver*>(net.instrument) == nullptr) ports.push_back(port);
    }
    return ports;
}

void Stimuli::apply_baseline(const Baseline& baseline, Instant now) {
    apply_cells(std::vector<double>(cells_.size(), baseline.cells_volts), now);
    for (const auto& [port, net] : nets_) {
        if (dynamic_cast<TemperatureSimulator*>(net.instrument) != nullptr) {
            apply(port, baseline.temperatures_celsius, now);
        } else if (port == "supply") {
            apply(port, baseline.supply_volts, now);
        }
    }
    for (const auto& [port, closed] : baseline.switches) apply(port, closed ? 1 : 0, now);
}

}  // namespace bmsrig
