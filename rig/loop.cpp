#include "rig/loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rig/clock.h"
#include "rig/error.h"
#include "rig/hex.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr const char* supply_port = "supply";

SignalKind signal_kind(link::PortKind kind) {
    switch (kind) {
        case link::PortKind::stage:
            return SignalKind::stage;
        case link::PortKind::contact:
            return SignalKind::contact;
        case link::PortKind::level:
            return SignalKind::level;
        default:
            return SignalKind::analog;
    }
}

Unit unit_of(link::PortKind kind) {
    switch (kind) {
        case link::PortKind::volt:
            return Unit::volt;
        case link::PortKind::ampere:
            return Unit::ampere;
        case link::PortKind::celsius:
            return Unit::celsius;
        case link::PortKind::ohm:
            return Unit::ohm;
        case link::PortKind::boolean:
            return Unit::boolean;
        case link::PortKind::ratio:
            return Unit::ratio;
        default:
            return Unit::none;
    }
}

/// The electrical side of an instrument. A real one has none: its terminals are copper and cannot
/// feel a process.
template <typename Terminals>
Terminals* terminals_of(const Pin& pin, const std::map<std::string, Instrument*>& bench,
                        const std::string& net) {
    const auto found = bench.find(pin.instrument);
    if (found == bench.end()) {
        throw WiringError("net " + net + " ends at " + to_string(pin) +
                          ", but the bench has no instrument \"" + pin.instrument + "\"");
    }
    if (auto* terminals = dynamic_cast<Terminals*>(found->second)) return terminals;
    throw WiringError("net " + net + ": instrument \"" + pin.instrument +
                      "\" is not virtual, so a BMS process cannot feel its terminals; use a "
                      "virtual driver in the bench "
                      "file, or set uut: none there and wire a board");
}

/// An adapter for CAN at a serial bus, or the other way round.
bool is_of_other_kind(bool is_can, const Instrument& adapter) {
    return is_can ? dynamic_cast<const SerialTerminals*>(&adapter) != nullptr
                  : dynamic_cast<const CanTerminals*>(&adapter) != nullptr;
}

const link::Port* find_port(const link::Greeting& greeting, const std::string& name,
                            link::PortDirection direction, std::uint32_t& index) {
    for (std::uint32_t i = 0; i < greeting.ports.size(); ++i) {
        const link::Port& port = greeting.ports[i];
        if (port.name == name && port.direction == direction) {
            index = i;
            return &port;
        }
    }
    return nullptr;
}

std::string port_names(const link::Greeting& greeting, link::PortDirection direction) {
    std::string list;
    for (const auto& port : greeting.ports) {
        if (port.direction == direction) list += (list.empty() ? "" : ", ") + port.name;
    }
    return list.empty() ? "none" : list;
}

}  // namespace

void ExchangeTimes::add(double seconds) {
    const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts.at(static_cast<std::size_t>(bucket));
    total_seconds += seconds;
}

Loop::Loop(const Wiring& wiring, const std::vector<std::string>& products,
           const std::map<std::string, Instrument*>& bench, Trace& trace, LineNets& line_nets,
           const link::Command& command, link::TranscriptSink sink, link::LogSink log,
           Instant power_on)
    : trace_(trace),
      line_nets_(line_nets),
      link_(link::Link::start(command, std::move(sink), std::move(log))),
      power_on_(power_on) {
    if (std::ranges::find(products, greeting().product) == products.end()) {
        throw WiringError("the UUT \"" + command.line + "\" says it is a \"" + greeting().product +
                          "\", but this fixture is for: " + suggest("", products).substr(11));
    }
    bind_inputs(wiring, bench);
    declare_outputs();
    bind_lines(wiring, bench);
    bind_readings(wiring, bench);
    refuse_outputs_left_out(wiring);
    bind_loads(wiring, bench);
    bind_buses(wiring, bench);
    listen();
}

Loop::~Loop() {
    // The terminals outlive this power-on; what they call must not.
    for (auto* source : sources_) source->on_terminal_change({});
    cut_buses();
}

void Loop::bind_inputs(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    for (const InputNet& net : wiring.inputs()) {
        std::uint32_t port = 0;
        if (find_port(greeting(), net.port, link::PortDirection::input, port) == nullptr) {
            throw WiringError(wiring.file() + ":" + std::to_string(net.line) +
                              ": the wiring drives the input \"" + net.port + "\", which the UUT " +
                              greeting().product + " does not have; its inputs: " +
                              port_names(greeting(), link::PortDirection::input));
        }
        Input input{&net, terminals_of<SourceTerminals>(net.source, bench, net.port), port};
        const auto joins_supply = [](const std::optional<ContactLevel>& level) {
            return level && level->kind == ContactLevel::Kind::supply;
        };
        input.follows_supply = joins_supply(net.closed) || joins_supply(net.open);
        auto& channels = inputs_of_[net.source.instrument];
        channels.resize(
            std::max(channels.size(), static_cast<std::size_t>(net.source.channel) + 1));
        channels[static_cast<std::size_t>(net.source.channel)].push_back(inputs_.size());
        inputs_.push_back(input);
    }
    for (const auto& port : greeting().ports) {
        if (port.direction == link::PortDirection::output) continue;
        const bool driven = std::ranges::any_of(
            wiring.inputs(), [&](const InputNet& net) { return net.port == port.name; });
        if (!driven) {
            throw WiringError(wiring.file() + ": the UUT " + greeting().product +
                              " has an input \"" + port.name +
                              "\" that no net of the wiring drives; add it under inputs:");
        }
    }
    for (const Input& input : inputs_) {
        if (input.net->port == supply_port) supply_ = net_value(input);
    }
    for (Input& input : inputs_) {
        input.value = net_value(input);
        changed_.push_back({input.port, input.value});
    }
    is_changed_.assign(inputs_.size(), false);
}

void Loop::declare_outputs() {
    outputs_.resize(greeting().ports.size());
    for (std::size_t i = 0; i < greeting().ports.size(); ++i) {
        const link::Port& port = greeting().ports[i];
        if (port.direction == link::PortDirection::input) continue;
        const SignalInfo info{"uut." + port.name, signal_kind(port.kind), unit_of(port.kind)};
        const auto known = trace_.find(info.name);
        if (known && trace_.signals()[*known] != info) {
            throw WiringError("the UUT now declares \"" + port.name +
                              "\" as another kind of output than before");
        }
        outputs_[i].signal = trace_.find_or_declare(info);
    }
}

/// The index of the UUT's output that something at `where` reads.
std::uint32_t Loop::output_read_by(const std::string& where, const std::string& name) const {
    std::uint32_t index = 0;
    if (find_port(greeting(), name, link::PortDirection::output, index) != nullptr) return index;
    throw WiringError(
        where + " reads the output \"" + name + "\", which the UUT " + greeting().product +
        " does not have; its outputs: " + port_names(greeting(), link::PortDirection::output));
}

void Loop::bind_lines(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    for (std::size_t number = 0; number < wiring.lines().size(); ++number) {
        const LineNet& net = wiring.lines()[number];
        const std::string where =
            wiring.file() + ":" + std::to_string(net.line) + ": line " + net.name;
        const std::uint32_t index = output_read_by(where, net.port);
        const link::Port& port = greeting().ports[index];
        const bool is_stage = port.kind == link::PortKind::stage;
        if (is_stage != net.stage.has_value() || signal_kind(port.kind) == SignalKind::analog) {
            throw WiringError(where + ": the UUT's output \"" + net.port + "\" is a " +
                              std::string(link::to_string(port.kind)) + "; expected " +
                              (net.stage ? "a stage" : "a contact or a level"));
        }
        static_cast<void>(terminals_of<SenseTerminals>(net.reader, bench, net.name));
        outputs_[index].lines.push_back(number);
    }
}

/// What the wiring has with other settings only is another variant's.
void Loop::refuse_outputs_left_out(const Wiring& wiring) const {
    for (const auto& port : greeting().ports) {
        if (port.direction == link::PortDirection::input || !wiring.leaves_out(port.name)) continue;
        throw WiringError(wiring.file() + ": the UUT " + greeting().product + " has an output \"" +
                          port.name +
                          "\", which the product does not have with these settings; look whether "
                          "the settings fit the UUT");
    }
}

void Loop::bind_readings(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    for (const ReadingNet& net : wiring.readings()) {
        const std::string where =
            wiring.file() + ":" + std::to_string(net.line) + ": reading " + net.name;
        const std::uint32_t index = output_read_by(where, net.port);
        const link::Port& port = greeting().ports[index];
        if (signal_kind(port.kind) != SignalKind::analog || unit_of(port.kind) != net.unit) {
            throw WiringError(where + ": the UUT's output \"" + net.port + "\" is a " +
                              std::string(link::to_string(port.kind)) + "; expected " +
                              std::string(to_string(net.unit)));
        }
        outputs_[index].probes.emplace_back(
            terminals_of<ProbeTerminals>(net.meter, bench, net.name), net.meter.channel);
    }
}

void Loop::bind_loads(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    for (const LoadNet& net : wiring.loads()) {
        std::uint32_t index = 0;
        const link::Port* port =
            find_port(greeting(), net.port, link::PortDirection::output, index);
        if (port == nullptr || port->kind != link::PortKind::contact) {
            throw WiringError(wiring.file() + ":" + std::to_string(net.line) + ": the load " +
                              net.port + " needs a contact of this name among the UUT's outputs: " +
                              port_names(greeting(), link::PortDirection::output));
        }
        outputs_[index].load = &net;
        outputs_[index].load_terminals = terminals_of<SourceTerminals>(net.across, bench, net.port);
    }
}

void Loop::bind_buses(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    const auto& declared = greeting().buses;
    buses_.resize(declared.size());
    for (std::uint32_t i = 0; i < declared.size(); ++i) {
        const auto net = std::ranges::find(wiring.buses(), declared[i].name, &BusNet::name);
        if (net == wiring.buses().end()) {
            throw WiringError(wiring.file() + ": the UUT " + greeting().product + " has a bus \"" +
                              declared[i].name +
                              "\" that the wiring does not join to the bench; add it under "
                              "buses:, or " +
                              suggest(declared[i].name, names_of(wiring.buses(), &BusNet::name)));
        }
        bind_bus(i, *net, bench);
    }
    for (const BusNet& net : wiring.buses()) {
        if (std::ranges::find(declared, net.name, &link::Bus::name) != declared.end()) continue;
        throw WiringError(wiring.file() + ":" + std::to_string(net.line) +
                          ": the wiring joins the bus \"" + net.name + "\", which the UUT " +
                          greeting().product + " does not have; " +
                          suggest(net.name, names_of(declared, &link::Bus::name)));
    }
}

void Loop::bind_bus(std::uint32_t index, const BusNet& net,
                    const std::map<std::string, Instrument*>& bench) {
    BusEnd& end = buses_[index];
    end.channel = net.adapter.channel;
    const bool is_can = greeting().buses[index].is_can;
    const auto adapter = bench.find(net.adapter.instrument);
    if (adapter != bench.end() && is_of_other_kind(is_can, *adapter->second)) {
        throw WiringError("the UUT " + greeting().product + " says that its bus \"" + net.name +
                          "\" is " + (is_can ? "CAN" : "serial") + ", but the wiring ends it at " +
                          to_string(net.adapter) + ", an adapter for " +
                          (is_can ? "serial buses" : "CAN"));
    }
    if (is_can) {
        end.can = terminals_of<CanTerminals>(net.adapter, bench, net.name);
    } else {
        end.serial = terminals_of<SerialTerminals>(net.adapter, bench, net.name);
    }
}

void Loop::connect_buses() {
    for (std::uint32_t i = 0; i < buses_.size(); ++i) {
        const BusEnd& end = buses_[i];
        const std::uint32_t bit_rate = greeting().buses[i].bit_rate;
        if (end.can != nullptr) {
            end.can->connect(end.channel, bit_rate, [this, i](const CanFrame& frame) {
                received_.push_back({i, to_string(frame)});
            });
            continue;
        }
        end.serial->connect(end.channel, bit_rate, [this, i](std::span<const std::uint8_t> bytes) {
            received_.push_back({i, hex(bytes)});
        });
    }
}

void Loop::cut_buses() {
    for (const BusEnd& bus : buses_) {
        if (bus.can != nullptr) bus.can->disconnect(bus.channel);
        if (bus.serial != nullptr) bus.serial->disconnect(bus.channel);
    }
}

void Loop::listen() {
    for (const auto& [instrument, channels] : inputs_of_) {
        SourceTerminals* source =
            inputs_[*std::ranges::find_if(channels, [](const auto& c) { return !c.empty(); })
                         ->begin()]
                .terminals;
        source->on_terminal_change([this, &channels = channels](int channel) {
            const auto index = static_cast<std::size_t>(channel);
            if (index >= channels.size()) return;  // a channel that the wiring leaves free
            for (const std::size_t input : channels[index]) refresh_input(input);
        });
        sources_.push_back(source);
    }
    connect_buses();
}

double Loop::net_value(const Input& input) const {
    const double terminal = input.terminals->terminal_value(input.net->source.channel);
    const auto& level = terminal != 0 ? input.net->closed : input.net->open;
    if (!input.net->closed) return terminal;
    switch (level->kind) {
        case ContactLevel::Kind::fixed:
            return level->volts;
        case ContactLevel::Kind::supply:
            return supply_;
        case ContactLevel::Kind::floating:
            break;
    }
    return std::nan("");
}

void Loop::refresh_input(std::size_t index) {
    Input& input = inputs_[index];
    const double value = net_value(input);
    if (same_value(value, input.value)) return;
    input.value = value;
    if (!is_changed_[index]) {
        is_changed_[index] = true;
        changed_inputs_.push_back(index);
    }
    if (input.net->port != supply_port) return;
    supply_ = value;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (inputs_[i].follows_supply) refresh_input(i);
    }
    line_nets_.supply_changed();
}

void Loop::run(Instant now) {
    while (running_ && next_due() && *next_due() <= now) exchange(now);
}

void Loop::exchange(Instant now) {
    for (const std::size_t index : changed_inputs_) {
        changed_.push_back({inputs_[index].port, inputs_[index].value});
        is_changed_[index] = false;
    }
    changed_inputs_.clear();

    const Duration before = stopwatch();
    link_->exchange(Instant{now - power_on_}, changed_, received_, answer_);
    times_.add(to_seconds(stopwatch() - before));
    changed_.clear();
    received_.clear();

    next_.reset();
    if (answer_.next) next_ = power_on_ + answer_.next->time_since_epoch();
    for (const link::PortValue& output : answer_.outputs) take_output(output, now);
    for (const link::Payload& payload : answer_.payloads) transmit(payload);
}

/// The link has checked that the payload is one of its bus's kind.
void Loop::transmit(const link::Payload& payload) {
    const BusEnd& bus = buses_[payload.bus];
    if (bus.can != nullptr) {
        bus.can->transmit(bus.channel, can_frame_from(payload.text).value());
        return;
    }
    bytes_from_hex(payload.text, bytes_);
    bus.serial->transmit(bus.channel, bytes_);
}

void Loop::take_output(const link::PortValue& value, Instant now) {
    const Output& output = outputs_[value.port];
    trace_.append(output.signal, now, value.value);
    for (const std::size_t line : output.lines) line_nets_.set_output(line, value.value);
    for (const auto& [probe, channel] : output.probes) probe->feel(channel, value.value);
    if (output.load != nullptr) {
        output.load_terminals->set_load(output.load->across.channel,
                                        value.value != 0 ? 1 / output.load->ohms : 0);
    }
}

void Loop::stop() {
    if (!running_) return;
    running_ = false;
    line_nets_.release();
    cut_buses();
    for (const Output& output : outputs_) {
        for (const auto& [probe, channel] : output.probes) probe->feel(channel, std::nan(""));
    }
    for (const Output& output : outputs_) {
        if (output.load != nullptr) output.load_terminals->set_load(output.load->across.channel, 0);
    }
    link_->stop();
}

}  // namespace bmsrig
