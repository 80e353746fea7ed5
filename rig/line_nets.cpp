#include "rig/line_nets.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr double short_ohms = 0.1;

double off(const LineNet& net) {
    return net.stage ? static_cast<double>(StageState::floating) : 0;
}

}  // namespace

LineNets::LineNets(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                   const std::vector<WiringFault>& faults)
    : nets_(wiring.lines()) {
    for (std::size_t i = 0; i < nets_.size(); ++i) {
        const LineNet& net = nets_[i];
        Instrument* instrument = bench.at(net.reader.instrument);
        auto* reader = dynamic_cast<SenseTerminals*>(instrument);
        const Bias bias = dynamic_cast<LineBank&>(*instrument).bias(net.reader.channel);
        lines_.push_back({&net, reader, bias, off(net), i});
        output_node_.push_back(i);
        if (reader != nullptr) readers_[net.reader.instrument] = reader;
    }
    shorts_.resize(nets_.size());
    for (const InputNet& net : wiring.inputs()) {
        if (net.port != "supply") continue;
        supply_ = dynamic_cast<SourceTerminals*>(bench.at(net.source.instrument));
        supply_channel_ = net.source.channel;
    }
    for (const WiringFault& fault : faults) {
        if (wiring.passes_over(fault.name) || wiring.passes_over(fault.other)) continue;
        inject(fault);
    }
    for (const auto& [name, reader] : readers_) {
        reader->on_bias_change([this, &name = name](int channel, Bias bias) {
            for (Line& line : lines_) {
                if (line.net->reader != Pin{name, channel}) continue;
                line.bias = bias;
                drive_node(line.node);
            }
        });
    }
    drive_all();
}

LineNets::~LineNets() {
    // The terminals outlive this test; what they call must not.
    for (const auto& [name, reader] : readers_) reader->on_bias_change({});
}

std::size_t LineNets::find(const std::string& name, const WiringFault& fault) const {
    const auto net = std::ranges::find(nets_, name, &LineNet::name);
    if (net == nets_.end()) {
        throw InputError(
            fault.file, fault.line,
            "wiring_faults: " + unknown_name("line", name, names_of(nets_, &LineNet::name)));
    }
    const auto number = static_cast<std::size_t>(net - nets_.begin());
    if (has(number)) return number;
    throw InputError(fault.file, fault.line,
                     "wiring_faults: line " + name +
                         " is read by a real instrument; a fault there is made with pliers");
}

void LineNets::inject(const WiringFault& fault) {
    using Kind = WiringFault::Kind;
    const std::size_t i = find(fault.name, fault);
    const bool needs_stage =
        fault.kind != Kind::swapped && fault.kind != Kind::wired_to && fault.kind != Kind::open;
    const bool needs_other = !fault.other.empty();
    const std::size_t j = needs_other ? find(fault.other, fault) : i;
    if ((needs_stage && !nets_[i].stage) ||
        nets_[i].stage.has_value() != nets_[j].stage.has_value()) {
        throw InputError(fault.file, fault.line,
                         "wiring_faults: " + std::string(to_string(fault.kind)) + " at line " +
                             fault.name + (needs_other ? " and " + fault.other : "") +
                             " cannot be; expected " +
                             (needs_stage ? "lines with a stage" : "two lines of one kind"));
    }
    switch (fault.kind) {
        case Kind::open:
            lines_[i].node = shorts_.size();  // a node of its own
            shorts_.emplace_back();
            break;
        case Kind::no_pull_down:
            nets_[i].stage->pull_down_ohms.reset();
            break;
        case Kind::no_pull_up:
            nets_[i].stage->pull_up_ohms.reset();
            break;
        case Kind::short_to_minus:
            shorts_[output_node_[i]].to_minus = true;
            break;
        case Kind::short_to_plus:
            shorts_[output_node_[i]].to_plus = true;
            break;
        case Kind::swapped:
            std::swap(lines_[i].node, lines_[j].node);
            break;
        case Kind::wired_to:
            lines_[i].node = output_node_[j];
            break;
        case Kind::joined:
            shorts_[output_node_[j]].to_minus |= shorts_[output_node_[i]].to_minus;
            shorts_[output_node_[j]].to_plus |= shorts_[output_node_[i]].to_plus;
            output_node_[i] = output_node_[j];
            lines_[i].node = output_node_[j];
            break;
    }
}

double LineNets::supply() const {
    return supply_ == nullptr ? std::nan("") : supply_->terminal_value(supply_channel_);
}

LineLevel LineNets::level(const Line& line) const {
    if (!line.net->stage) {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (output_node_[i] == line.node && lines_[i].output != 0) return LineLevel::active;
        }
        return LineLevel::inactive;
    }
    Node node;
    const double supply_volts = supply();
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const LineNet& net = *lines_[i].net;
        if (!net.stage) continue;
        if (output_node_[i] == line.node) {
            node.join(*net.stage, static_cast<StageState>(static_cast<int>(lines_[i].output)),
                      supply_volts);
        }
        if (lines_[i].node == line.node) node.join(*net.stage, lines_[i].bias);
    }
    if (shorts_[line.node].to_minus) node.join(0, short_ohms);
    if (shorts_[line.node].to_plus && !std::isnan(supply_volts)) {
        node.join(supply_volts, short_ohms);
    }
    return line_level(*line.net->stage, node.volts());
}

/// A net reaches all readers that are joined to it.
void LineNets::drive_node(std::size_t node) const {
    for (const Line& line : lines_) {
        if (line.node != node || line.reader == nullptr) continue;
        line.reader->drive(line.net->reader.channel, level(line));
    }
}

void LineNets::drive_all() const {
    for (const Line& line : lines_) {
        if (line.reader != nullptr) line.reader->drive(line.net->reader.channel, level(line));
    }
}

void LineNets::set_output(std::size_t line, double code) {
    lines_[line].output = code;
    drive_node(output_node_[line]);
}

void LineNets::supply_changed() {
    drive_all();
}

void LineNets::release() {
    for (Line& line : lines_) line.output = off(*line.net);
    drive_all();
}

}  // namespace bmsrig
