#include "rig/link/session.h"

#include <utility>

#include "rig/error.h"

namespace bmsrig::link {

namespace {

constexpr int most_calls_at_one_time = 16;
// "at " and 19 digits; "=", a number, and the blank before.
constexpr std::size_t call_overhead = 22 + 1;
constexpr std::size_t value_overhead = 2 + 25;

std::string indented(const std::string& text) {
    std::string result = "    ";
    for (const char c : text) {
        result += c;
        if (c == '\n') result += "    ";
    }
    return result;
}

}  // namespace

Session::Session(std::string command, TranscriptSink sink, const CarrierFactory& make_carrier,
                 LogSink log)
    : command_(std::move(command)), sink_(std::move(sink)), log_sink_(std::move(log)) {
    try {
        carrier_ = make_carrier(*this);
        read_greeting();
        prepare();
    } catch (const Breach& breach) {
        fail(breach);
    }
}

void Session::take_log_line(std::string_view line) {
    ++counts_.log_lines;
    log_.add(line);
    if (sink_) sink_('!', line);
    if (log_sink_) log_sink_(line);
}

void Session::read_greeting() {
    while (true) {
        const std::string_view line = carrier_->greeting_line();
        if (sink_) sink_('<', line);
        try {
            if (reader_.take(line)) break;
        } catch (Breach& breach) {
            breach.seen = line;
            throw;
        }
    }
    carrier_->greeted(greeting());
}

void Session::prepare() {
    longest_call_ = call_overhead;
    for (const Port& port : greeting().ports) {
        if (port.direction == PortDirection::output) {
            ++output_count_;
            continue;
        }
        ++input_count_;
        longest_call_ += port.name.size() + value_overhead;
    }
    if (longest_call_ > longest_line) {
        throw Breach{"declares more inputs than a line has room for",
                     "a line of 65,536 bytes with every input",
                     {}};
    }
    named_.assign(greeting().ports.size(), 0);
    codec_.emplace(greeting());
}

void Session::exchange(Instant now, std::span<const PortValue> inputs,
                       std::span<const Payload> payloads, Answer& answer) {
    if (state_ != State::running) {
        throw LinkError(failure_.empty() ? name() + " was called after its end" : failure_);
    }
    const Call call{now, inputs, payloads};
    answer.clear();
    call_line_.clear();
    answer_line_.clear();
    try {
        check_call(call);
        carry(call, answer);
        check_answer(call, answer);
    } catch (const Breach& breach) {
        if (call_line_.empty()) codec_->write_call(call_line_, {now, {}, {}});
        fail(breach);
    } catch (...) {
        state_ = State::interrupted;  // an answer is outstanding: there is no going on
        throw;
    }
    called_ = true;
    next_ = answer.next;
    ++counts_.exchanges;
}

void Session::check_call(const Call& call) {
    if (!called_ && call.now != Instant{})
        throw Breach{"was called first at another time", "0", {}};
    if (called_ && call.now < now_)
        throw Breach{"was called back in time", "a time from the last call on", {}};
    if (next_ && call.now > *next_) {
        throw Breach{"was called too late",
                     "a call at " + std::to_string(to_ns(*next_)) + " ns at the latest",
                     {}};
    }
    calls_at_now_ = called_ && call.now == now_ ? calls_at_now_ + 1 : 1;
    now_ = call.now;
    if (calls_at_now_ > most_calls_at_one_time) {
        throw Breach{"was called more than 16 times at " + format_time(now_) +
                         ": its outputs and inputs chase each other in zero time",
                     "outputs and inputs that come to rest",
                     {}};
    }
    ++call_number_;
    for (const PortValue& input : call.inputs) {
        if (input.port >= greeting().ports.size() ||
            greeting().ports[input.port].direction != PortDirection::input) {
            throw Breach{"was given a value for port " + std::to_string(input.port) +
                             ", which is not an input",
                         {},
                         {}};
        }
        const Port& port = greeting().ports[input.port];
        if (!has_value(port.kind, input.value)) {
            throw Breach{"was given the value " + std::to_string(input.value) + " for the input " +
                             port.name,
                         std::string(to_string(port.kind)),
                         {}};
        }
        if (std::exchange(named_[input.port], call_number_) == call_number_) {
            throw Breach{
                "was given two values for the input " + port.name + " in one call", "one", {}};
        }
    }
    if (!called_ && call.inputs.size() != input_count_) {
        throw Breach{"was called first with " + std::to_string(call.inputs.size()) + " inputs",
                     "all " + std::to_string(input_count_),
                     {}};
    }
    if (!call.payloads.empty()) check_payloads(call);
}

void Session::check_payloads(const Call& call) const {
    std::size_t length = longest_call_;
    for (const Payload& payload : call.payloads) {
        if (payload.bus >= greeting().buses.size() ||
            !is_payload(greeting().buses[payload.bus], payload.text)) {
            throw Breach{"was given the payload " + quote(payload.text) + " on bus " +
                             std::to_string(payload.bus),
                         "a payload in the notation of one of its buses",
                         {}};
        }
        length += payload.text.size() + greeting().buses[payload.bus].name.size() + 2;
    }
    if (length > longest_line)
        throw Breach{"was given more payloads than a line has room for", "65,536 bytes", {}};
}

void Session::carry(const Call& call, Answer& answer) {
    if (sink_ || carrier_->needs_line()) codec_->write_call(call_line_, call);
    if (sink_) sink_('>', call_line_);
    const std::string_view line = carrier_->answer(call, call_line_, answer);
    if (line.data() == nullptr) {
        if (!sink_) return;
        codec_->write_answer(answer_line_, answer);
        sink_('<', answer_line_);
        return;
    }
    answer_line_ = line;
    if (sink_) sink_('<', answer_line_);
    codec_->read_answer(answer_line_, answer);
}

void Session::check_answer(const Call& call, const Answer& answer) {
    if (answer.next && *answer.next <= call.now) {
        throw Breach{"names a next time that is not in the future",
                     "a time after " + std::to_string(to_ns(call.now)) + " ns, or - for never",
                     {}};
    }
    check_outputs(answer);
    for (const Payload& payload : answer.payloads) {
        if (!is_payload(greeting().buses[payload.bus], payload.text)) {
            throw Breach{
                "sends " + quote(payload.text) + " on " + greeting().buses[payload.bus].name,
                greeting().buses[payload.bus].is_can ? "a CAN frame: id of 3 or 8 hex digits, #, "
                                                       "and 0 to 16 upper-case hex digits or R"
                                                     : "bytes as pairs of upper-case hex digits",
                {}};
        }
    }
}

void Session::check_outputs(const Answer& answer) {
    std::size_t first_named = 0;
    for (const PortValue& output : answer.outputs) {
        const Port& port = greeting().ports.at(output.port);
        if (port.direction != PortDirection::output || !has_value(port.kind, output.value)) {
            throw Breach{"sets " + port.name + " to " + std::to_string(output.value),
                         "an output with a value of its kind",
                         {}};
        }
        if (std::exchange(named_[output.port], call_number_) != call_number_) ++first_named;
    }
    if (called_ || first_named == output_count_) return;
    for (std::size_t i = 0; i < named_.size(); ++i) {
        if (named_[i] == call_number_) continue;
        throw Breach{
            "does not name the output " + greeting().ports[i].name + " in its first answer",
            "every output",
            {}};
    }
}

void Session::stop() {
    if (state_ == State::ended) return;
    if (state_ == State::interrupted) {
        carrier_->end();
        state_ = State::ended;
        return;
    }
    call_line_ = "stop";
    answer_line_.clear();
    try {
        if (sink_) sink_('>', call_line_);
        carrier_->stop();
    } catch (const Breach& breach) {
        fail(breach);
    } catch (...) {
        state_ = State::interrupted;
        throw;
    }
    state_ = State::ended;
}

std::string Session::name() const {
    std::string text = "BMS process `" + command_ + "`";
    if (!greeting().product.empty())
        text += " (" + greeting().product + " " + greeting().firmware + ")";
    return text;
}

void Session::fail(const Breach& breach) {
    const std::string end = carrier_ ? carrier_->end() : "it has not started";
    state_ = State::ended;
    failure_ = name() + " " + breach.what;
    if (!call_line_.empty()) failure_ += "\n  the rig's line: " + quote(call_line_);
    const std::string& seen = breach.seen.empty() ? answer_line_ : breach.seen;
    if (!seen.empty()) failure_ += "\n  seen: " + quote(seen);
    if (!breach.expected.empty()) failure_ += "\n  expected: " + breach.expected;
    failure_ += "\n  its end: " + end;
    failure_ += log_.empty() ? "\n  its log is empty"
                             : "\n  last lines of its log:\n" + indented(log_.text());
    throw LinkError(failure_);
}

}  // namespace bmsrig::link
