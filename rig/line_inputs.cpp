#include "rig/line_inputs.h"

#include <algorithm>

#include "rig/end_of.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

std::string signal_name(const LineNet& net) {
    return "line." + net.name;
}

}  // namespace

void LineInputs::declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    wiring_ = &wiring;
    for (const LineNet& net : wiring.lines()) {
        auto& bank = end_of<LineBank>(bench, net.reader, wiring, "line " + net.name, net.line);
        by_name_[net.reader.instrument] = &bank;
        auto known = std::ranges::find(banks_, &bank, &Bank::bank);
        if (known == banks_.end()) known = banks_.insert(banks_.end(), Bank{&bank, {}});
        known->inputs.try_emplace(
            net.reader.channel,
            Input{trace_.find_or_declare({signal_name(net), SignalKind::line, Unit::none})});
    }
}

LineBank& LineInputs::bank_of(const LineNet& net) const {
    return *by_name_.at(net.reader.instrument);
}

void LineInputs::begin(Instant now) {
    for (const LineNet& net : wiring_->lines()) {
        LineBank& bank = bank_of(net);
        bank.set_bias(net.reader.channel, net.stage ? net.stage->resting_bias() : Bias::down);
        bank.set_debounce(net.reader.channel, net.debounce);
        const SignalId known = signal(net.name);
        if (trace_.last(known)) continue;
        trace_.append(known, now, static_cast<double>(bank.read(net.reader.channel)));
    }
}

void LineInputs::take_edges() {
    for (Bank& bank : banks_) {
        for (const Edge& edge : bank.bank->take_edges()) {
            const auto input = bank.inputs.find(edge.channel);
            if (input == bank.inputs.end()) continue;  // a channel that the wiring leaves free
            take(input->second, *bank.bank, edge);
        }
    }
}

void LineInputs::take(Input& input, const LineBank& bank, const Edge& edge) {
    if (edge.sequence != ++input.sequence) {
        throw InstrumentError("line bank \"" + bank.name() + "\" lost an edge of channel " +
                              std::to_string(edge.channel) + " (" +
                              trace_.signals()[input.signal].name + "): expected number " +
                              std::to_string(input.sequence) + ", got " +
                              std::to_string(edge.sequence) + " at " + format_time(edge.time) +
                              "; the times of this test cannot be trusted");
    }
    // A real line may have moved just before the test's zero and be read after it.
    trace_.append(input.signal, std::max(edge.time, Instant{}), static_cast<double>(edge.level));
}

SignalId LineInputs::signal(std::string_view line) const {
    return trace_.require(signal_name(wiring_->line(line)));
}

LineReading LineInputs::read(std::string_view line) const {
    const auto last = trace_.last(signal(line));
    if (!last) {
        throw Error("line " + std::string(line) + " has not been read yet; begin a test first");
    }
    return {static_cast<LineLevel>(static_cast<int>(last->value)), last->time, last->number};
}

void LineInputs::set_bias(std::string_view line, Bias bias) {
    const LineNet& net = wiring_->line(line);
    bank_of(net).set_bias(net.reader.channel, bias);
}

Instant LineInputs::settled_at(std::string_view line) const {
    return bank_of(wiring_->line(line)).settled_at();
}

Duration LineInputs::debounce(std::string_view line) const {
    return wiring_->line(line).debounce;
}

Duration LineInputs::stamp_uncertainty(std::string_view line) const {
    return bank_of(wiring_->line(line)).stamp_uncertainty();
}

Duration LineInputs::longest_debounce() const {
    Duration longest{};
    for (const LineNet& net : wiring_->lines()) longest = std::max(longest, net.debounce);
    return longest;
}

}  // namespace bmsrig
