#include "rig/wiring.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rig/config/wiring_reader.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr std::string_view supply_port = "supply";

/// Finds what stands twice and must stand once: the first place is kept with the line and the net
/// it belongs to.
class Once {
  public:
    Once(std::string what, const std::string& file) : what_(std::move(what)), file_(file) {}

    void add(const std::string& name, const std::string& net, int line) {
        const auto [first, is_new] = places_.emplace(name, Place{net, line});
        if (is_new) return;
        throw InputError(file_, line,
                         net + ": " + what_ + " \"" + name + "\" stands twice, first in line " +
                             std::to_string(first->second.line) + " (" + first->second.net +
                             "); expected one net for it");
    }

  private:
    struct Place {
        std::string net;
        int line;
    };
    std::string what_;
    const std::string& file_;
    std::map<std::string, Place> places_;
};

void check_once(const Netlist& nets, const std::string& file) {
    Once driven("the input port", file);
    Once read("the output port", file);
    Once names("the line", file);
    Once pins("the pin", file);
    for (const InputNet& net : nets.inputs) {
        driven.add(net.port, "input " + net.port, net.line);
        pins.add(to_string(net.source), "input " + net.port, net.line);
    }
    // A load's contact may be watched by a line as well.
    Once loads("the load", file);
    for (const LoadNet& net : nets.loads) loads.add(net.port, "load " + net.port, net.line);
    for (const LineNet& net : nets.lines) {
        names.add(net.name, "line " + net.name, net.line);
        read.add(net.port, "line " + net.name, net.line);
        pins.add(to_string(net.reader), "line " + net.name, net.line);
    }
    for (const ReadingNet& net : nets.readings) {
        names.add(net.name, "reading " + net.name, net.line);
        read.add(net.port, "reading " + net.name, net.line);
        pins.add(to_string(net.meter), "reading " + net.name, net.line);
    }
    for (const BusNet& net : nets.buses) {
        names.add(net.name, "bus " + net.name, net.line);
        pins.add(to_string(net.adapter), "bus " + net.name, net.line);
    }
}

/// A conflict between ports of which one is left out cannot come about and is dropped.
void check_conflicts(Netlist& nets, const std::string& file) {
    using State = Conflict::State;
    std::erase_if(nets.conflicts, [&](const Conflict& conflict) {
        bool is_complete = true;
        for (const auto& [port, state] : conflict.ports) {
            const auto net = std::ranges::find(nets.inputs, port, &InputNet::port);
            if (net == nets.inputs.end()) {
                if (std::ranges::find(nets.left_out, port) == nets.left_out.end()) {
                    const auto ports = names_of(nets.inputs, &InputNet::port);
                    throw InputError(file, conflict.line,
                                     "a conflict names the input " + in_quotes(port) +
                                         ", which there is not; " + suggest(port, ports));
                }
                is_complete = false;
            } else if (net->is_contact() ? state == State::driven : state == State::closed) {
                throw InputError(file, conflict.line,
                                 "a conflict says " + port + " is " +
                                     std::string(to_string(state)) + "; expected " +
                                     (net->is_contact() ? "closed or open for a contact"
                                                        : "driven or open for a source"));
            }
        }
        return !is_complete;
    });
}

void check_supply(const Netlist& nets, const std::string& file) {
    const bool has_supply =
        std::ranges::find(nets.inputs, supply_port, &InputNet::port) != nets.inputs.end();
    const auto joins_supply = [](const std::optional<ContactLevel>& level) {
        return level && level->kind == ContactLevel::Kind::supply;
    };
    for (const InputNet& net : nets.inputs) {
        if (has_supply || (!joins_supply(net.closed) && !joins_supply(net.open))) continue;
        throw InputError(file, net.line,
                         "input " + net.port +
                             ": the contact joins the net to the supply, but there is no input \"" +
                             std::string(supply_port) + "\"");
    }
    for (const LineNet& net : nets.lines) {
        if (has_supply || !net.stage) continue;
        throw InputError(
            file, net.line,
            "line " + net.name +
                ": a stage's high level comes from the supply, but there is no input \"" +
                std::string(supply_port) + "\"");
    }
}

template <typename Net>
const Net& net_of_name(const std::vector<Net>& nets, const std::string& what,
                       std::string_view name) {
    const auto found = std::ranges::find(nets, name, &Net::name);
    if (found != nets.end()) return *found;
    const auto names = names_of(nets, &Net::name);
    throw InputError("the wiring has no " + what + " " + in_quotes(name) + "; " +
                     (names.empty() ? "it has none" : suggest(name, names)));
}

}  // namespace

std::string_view to_string(Conflict::State state) {
    switch (state) {
        case Conflict::State::closed:
            return "closed";
        case Conflict::State::open:
            return "open";
        case Conflict::State::driven:
            break;
    }
    return "driven";
}

std::string to_string(const Pin& pin) {
    return pin.instrument + "." + std::to_string(pin.channel);
}

void Node::join(double volts, double ohms) {
    siemens_ += 1 / ohms;
    amperes_ += volts / ohms;
}

void Node::join(const LineNet::Stage& stage, StageState state, double supply_volts) {
    const double high = supply_volts - stage.high_drop_volts;
    if (state == StageState::high && high > 0) join(high, stage.high_ohms);
    if (state == StageState::low) join(stage.low_drop_volts, stage.low_ohms);
}

void Node::join(const LineNet::Stage& stage, Bias bias) {
    if (bias == Bias::down && stage.pull_down_ohms) join(0, *stage.pull_down_ohms);
    if (bias == Bias::up && stage.pull_up_ohms) join(stage.pull_up_volts, *stage.pull_up_ohms);
}

double Node::volts() const {
    return siemens_ > 0 ? amperes_ / siemens_ : std::numeric_limits<double>::quiet_NaN();
}

LineLevel line_level(const LineNet::Stage& stage, double volts) {
    if (volts <= stage.low_below_volts) return stage.low_level();
    if (volts >= stage.high_above_volts) return stage.high_level();
    return LineLevel::indeterminate;
}

Wiring Wiring::load(const YamlNode& file, const Settings& settings) {
    Wiring wiring;
    wiring.file_ = file.file();
    wiring.nets_ = read_netlist(file, settings);
    check_once(wiring.nets_, wiring.file_);
    check_conflicts(wiring.nets_, wiring.file_);
    check_supply(wiring.nets_, wiring.file_);
    for (const LoadNet& net : wiring.loads()) {
        if (wiring.input_from(net.across) != nullptr) continue;
        throw InputError(wiring.file_, net.line,
                         "load " + net.port + ": it lies across " + to_string(net.across) +
                             ", which is the source of no input");
    }
    return wiring;
}

const InputNet* Wiring::input_from(const Pin& source) const {
    const auto found = std::ranges::find(nets_.inputs, source, &InputNet::source);
    return found == nets_.inputs.end() ? nullptr : &*found;
}

bool Wiring::leaves_out(std::string_view name) const {
    return std::ranges::find(nets_.left_out, name) != nets_.left_out.end();
}

bool Wiring::passes_over(std::string_view name) const {
    return leaves_out(name) ||
           std::ranges::find(nets_.beyond_count, name) != nets_.beyond_count.end();
}

const LineNet& Wiring::line(std::string_view name) const {
    return net_of_name(nets_.lines, "line", name);
}

const ReadingNet& Wiring::reading(std::string_view name) const {
    return net_of_name(nets_.readings, "reading", name);
}

const BusNet& Wiring::bus(std::string_view name) const {
    return net_of_name(nets_.buses, "bus", name);
}

}  // namespace bmsrig
