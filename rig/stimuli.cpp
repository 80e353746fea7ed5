#include "rig/stimuli.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_driver.h"
#include "rig/instruments/temperature_simulator.h"
#include "rig/instruments/voltage_source.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

bool can_drive(Instrument* instrument, const InputNet& net) {
    if (net.is_contact()) return dynamic_cast<LineDriver*>(instrument) != nullptr;
    if (net.unit == Unit::celsius)
        return dynamic_cast<TemperatureSimulator*>(instrument) != nullptr;
    return dynamic_cast<CellSimulator*>(instrument) != nullptr ||
           dynamic_cast<VoltageSource*>(instrument) != nullptr;
}

SignalInfo signal_for(const InputNet& net) {
    if (net.is_contact()) return {net.port, SignalKind::contact, Unit::none};
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
constexpr std::string_view noise_word = "noise";
constexpr std::string_view reversed_word = "reversed";

}  // namespace

Stimuli::Stimuli(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                 Trace& trace, Scheduler& scheduler, std::uint64_t seed)
    : wiring_(wiring), trace_(trace), scheduler_(scheduler), seed_(seed), faults_(wiring) {
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
        nets_.emplace(net.port, Net{net, found->second, trace.find_or_declare(signal_for(net))});
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
    throw InputError("the wiring has no input \"" + std::string(port) + "\"; " +
                     suggest(port, names_of(wiring_.inputs(), &InputNet::port)));
}

void Stimuli::check_rating(const Net& net, double value) {
    const InputNet& wire = net.net;
    if (!std::isfinite(value)) {
        throw RatingError(wire.port + ": " + format_number(value) +
                          " was asked for; expected a finite number of " +
                          std::string(to_string(wire.unit)) +
                          " (an open wire is a fault, not a value)");
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

/// What a value becomes on its way to the UUT: a fault may turn it round or bring it elsewhere.
void Stimuli::check_reaching(const Net& net, double value) const {
    check_rating(net, value);
    if (faults_.at(net.net.port) == reversed_word) check_rating(net, -value);
    if (const std::string* partner = faults_.partner_of(net.net.port)) {
        check_rating(find(*partner), value);
    }
}

void Stimuli::check_conflicts(const std::string& port, Conflict::State state) const {
    const auto state_of = [&](const std::string& other) {
        if (other == port) return state;
        const auto known = states_.find(other);
        return known == states_.end() ? Conflict::State::open : known->second;
    };
    for (const Conflict& conflict : wiring_.conflicts()) {
        if (std::ranges::none_of(conflict.ports,
                                 [&](const auto& part) { return part.first == port; }) ||
            !std::ranges::all_of(conflict.ports, [&](const auto& part) {
                return state_of(part.first) == part.second;
            }))
            continue;
        std::string words;
        for (const auto& [name, wanted] : conflict.ports) {
            words += (words.empty() ? "" : ", ") + name + " " + std::string(to_string(wanted));
        }
        throw InputError(port + " " + std::string(to_string(state)) + " conflicts (" +
                         wiring_.file() + ":" + std::to_string(conflict.line) + "): " + words +
                         " at the same time: " + conflict.reason +
                         "; refused, nothing was changed");
    }
}

double Stimuli::apply_contact(const Net& net, LineDriver& contacts, double value, Instant now) {
    if (value != 0 && value != 1) {
        throw InputError(net.net.port + " is a contact; expected 0 (open) or 1 (closed), not " +
                         format_number(value));
    }
    const auto state = value != 0 ? Conflict::State::closed : Conflict::State::open;
    check_conflicts(net.net.port, state);
    contacts.set(net.net.source.channel, value != 0);
    states_[net.net.port] = state;
    trace_.append(net.signal, now, value);
    return value;
}

double Stimuli::apply(std::string_view port, double value, Instant now) {
    const Net& net = find(port);
    if (auto* contacts = dynamic_cast<LineDriver*>(net.instrument)) {
        return apply_contact(net, *contacts, value, now);
    }
    const Noise* noise = noise_at(net.net.port);
    const double bound = noise != nullptr ? noise->bound() : 0;
    check_reaching(net, value - bound);
    check_reaching(net, value + bound);
    check_conflicts(net.net.port, Conflict::State::driven);
    const double in_force = put(net, value + (noise != nullptr ? noise->offset() : 0), now);
    states_[net.net.port] = Conflict::State::driven;
    if (noise != nullptr) nominals_[net.net.port] = value;
    return in_force;
}

double Stimuli::put(const Net& net, double value, Instant now) {
    const int channel = net.net.source.channel;
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

void Stimuli::open(std::string_view port, Instant now) {
    const Net& net = find(port);
    auto* source = dynamic_cast<VoltageSource*>(net.instrument);
    if (source == nullptr) {
        throw InputError(net.net.port +
                         " is driven by no voltage source and cannot be opened; an open cell is a "
                         "fault, a contact is applied as 0");
    }
    check_conflicts(net.net.port, Conflict::State::open);
    source->set_output(net.net.source.channel, false);
    states_[net.net.port] = Conflict::State::open;
    trace_.append(net.signal, now, std::nan(""));
}

void Stimuli::apply_cells(std::span<const double> values, Instant now) {
    if (values.size() != cells_.size()) {
        throw InputError(std::to_string(values.size()) + " cell voltages were given for " +
                         std::to_string(cells_.size()) + " cells");
    }
    for (std::size_t i = 0; i < values.size(); ++i) check_reaching(*cells_[i], values[i]);

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
    if (!in_order || simulator == nullptr || !noises_.empty()) {
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
    const int channel = net.net.source.channel;
    const auto enter = [&](bool is_fault) {
        is_fault ? faults_.inject(net.net, fault) : faults_.clear(net.net.port);
    };
    if (auto* simulator = dynamic_cast<CellSimulator*>(net.instrument)) {
        const CellFault asked = cell_fault(fault, port);
        if (asked == CellFault::reversed) {
            faults_.check_allowed(net.net, fault);
            if (const auto present = trace_.last(net.signal)) check_rating(net, -present->value);
        }
        enter(asked != CellFault::none);
        simulator->set_fault(channel, asked);
    } else if (auto* temperature = dynamic_cast<TemperatureSimulator*>(net.instrument)) {
        const SensorFault asked = sensor_fault(fault, port);
        enter(asked != SensorFault::none);
        temperature->set_fault(channel, asked);
    } else {
        throw InputError(
            "no faults can be injected at " + std::string(port) +
            "; only at cells (open, short, reversed) and temperatures (absent, stuck)");
    }
}

bool Stimuli::swap_cells(int one, int other) {
    const Net& first = find(std::string(cell_prefix) + std::to_string(one));
    const Net& second = find(std::string(cell_prefix) + std::to_string(other));
    auto* simulator = dynamic_cast<CellSimulator*>(first.instrument);
    if (simulator == nullptr || second.instrument != first.instrument) {
        throw InputError("cells " + std::to_string(one) + " and " + std::to_string(other) +
                         " do not come from one cell simulator; only such can be swapped");
    }
    const bool are_swapped = faults_.swap(first.net, second.net);
    simulator->exchange(first.net.source.channel, second.net.source.channel);
    return are_swapped;
}

Noise* Stimuli::noise_at(const std::string& port) const {
    const auto found = noises_.find(port);
    return found == noises_.end() ? nullptr : found->second.get();
}

void Stimuli::start_noise(std::string_view port, double rms, Duration interval) {
    const Net& net = find(port);
    const std::string& name = net.net.port;
    if (!(rms > 0) || !std::isfinite(rms) || interval <= Duration::zero()) {
        throw InputError(name + ": noise needs an rms and an interval above zero, not " +
                         format_number(rms) + " and " + format_duration(interval));
    }
    if (noise_at(name) != nullptr) {
        throw InputError(name +
                         ": noise is on already, which conflicts with more of it; end that first");
    }
    const auto present = trace_.last(net.signal);
    if (!present || std::isnan(present->value)) {
        throw InputError(name + ": nothing is applied that noise could move");
    }
    check_rating(net, present->value - RandomSource::noise_bound * rms);
    check_rating(net, present->value + RandomSource::noise_bound * rms);
    faults_.inject(net.net, noise_word);
    noises_.erase(name);
    nominals_[name] = present->value;
    noises_[name] =
        std::make_unique<Noise>(scheduler_, RandomSource(seed_, name, 1, "noise"), rms, interval,
                                [this, &net](double offset) {
                                    put(net, nominals_.at(net.net.port) + offset, scheduler_.now());
                                });
}

void Stimuli::stop_noise(std::string_view port) {
    const Net& net = find(port);
    if (noises_.erase(net.net.port) == 0) return;
    faults_.clear(net.net.port);
    put(net, nominals_.at(net.net.port), scheduler_.now());
}

void Stimuli::clear_faults() {
    for (const auto& [port, net] : nets_) {
        const std::string_view fault = faults_.at(port);
        if (fault == noise_word) {
            stop_noise(port);
        } else if (const auto* partner = faults_.partner_of(port)) {
            const auto& other = find(*partner).net;
            faults_.swap(net.net, other);
            dynamic_cast<CellSimulator&>(*net.instrument)
                .exchange(net.net.source.channel, other.source.channel);
        } else if (!fault.empty()) {
            set_fault(port, "none");
        }
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

bool Stimuli::is_contact(std::string_view port) const {
    return find(port).net.is_contact();
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
    // What opens goes first, so that nothing stands beside it for a moment that must not.
    for (const auto& [port, closed] : baseline.switches) {
        if (!closed) apply(port, 0, now);
    }
    for (const auto& [port, level] : baseline.sources) {
        if (!level) open(port, now);
    }
    for (const auto& [port, level] : baseline.sources) {
        if (level) apply(port, *level, now);
    }
    for (const auto& [port, closed] : baseline.switches) {
        if (closed) apply(port, 1, now);
    }
}

}  // namespace bmsrig
