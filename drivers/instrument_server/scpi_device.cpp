#include "drivers/instrument_server/scpi_device.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "rig/error.h"

namespace bmsrig::scpi_server {

namespace {

/// Whether the words of a header are those of a pattern, whose optional nodes may be left out.
template <typename Node>
bool fits(std::span<const Node> nodes, std::span<const std::string> words,
          std::vector<int>& suffixes) {
    if (nodes.empty()) return words.empty();
    const Node& node = nodes.front();
    const std::size_t known = suffixes.size();
    int suffix = 0;
    if (!words.empty() && matches(node.name, words.front(), node.has_suffix ? &suffix : nullptr)) {
        if (node.has_suffix) suffixes.push_back(suffix);
        if (fits(nodes.subspan(1), words.subspan(1), suffixes)) return true;
        suffixes.resize(known);
    }
    if (!node.is_optional) return false;
    if (node.has_suffix) suffixes.push_back(0);
    if (fits(nodes.subspan(1), words, suffixes)) return true;
    suffixes.resize(known);
    return false;
}

constexpr NumberRange byte_range{Unit::none, 0, 255, 0};

}  // namespace

Device::Device(Identity identity, std::function<void()> reset)
    : identity_(std::move(identity)), reset_(std::move(reset)) {
    add_common_commands();
}

void Device::add_common_commands() {
    add("*IDN?", [this](Call& call) {
        call.answer(identity_.manufacturer + "," + identity_.model + "," + identity_.serial + "," +
                    identity_.firmware);
    });
    const auto add_action = [this](std::string_view pattern, const std::function<void()>& act) {
        add(pattern, [act](Call& call) {
            call.finish();
            act();
        });
    };
    add_action("*RST", [this] { reset_(); });
    add_action("*CLS", [this] { status_.clear(); });
    add_action("*OPC", [this] { status_.raise(Event::operation_complete); });
    add("*OPC?", [this](Call& call) {
        waits_for_completion_ = true;
        call.answer("1");
    });
    add_action("*WAI", [this] { waits_for_completion_ = true; });
    add("*TST?", [](Call& call) { call.answer("0"); });
    add("*ESR?", [this](Call& call) { call.answer(std::to_string(status_.take_events())); });
    add("*STB?", [this](Call& call) { call.answer(std::to_string(status_.byte())); });
    add_status_register("*ESE", &Status::event_enable);
    add_status_register("*SRE", &Status::service_enable);
    add("SYSTem:ERRor[:NEXT]?", [this](Call& call) { call.answer(status_.take_error()); });
    add("SYSTem:ERRor:COUNt?",
        [this](Call& call) { call.answer(std::to_string(status_.errors())); });
    add("SYSTem:VERSion?", [](Call& call) { call.answer("1999.0"); });
    add("CALibration:DATE?",
        [this](Call& call) { call.answer("\"" + identity_.calibrated + "\""); });
}

void Device::add_status_register(const std::string& name, std::uint8_t Status::*mask) {
    add(name, [this, mask](Call& call) {
        status_.*mask = static_cast<std::uint8_t>(std::lround(call.number(byte_range)));
    });
    add(name + "?", [this, mask](Call& call) { call.answer(std::to_string(status_.*mask)); });
}

std::vector<Device::Node> Device::nodes_of(std::string_view pattern) {
    std::vector<Node> nodes;
    bool is_optional = false;
    for (std::size_t at = 0; at < pattern.size();) {
        const char c = pattern[at];
        if (c == '[' || c == ']' || c == ':') {
            is_optional = c == '[' || (is_optional && c == ':');
            ++at;
            continue;
        }
        const std::size_t end = std::min(pattern.find_first_of("[]:", at), pattern.size());
        Node node{std::string(pattern.substr(at, end - at)), false, is_optional};
        node.has_suffix = node.name.ends_with('#');
        if (node.has_suffix) node.name.pop_back();
        nodes.push_back(std::move(node));
        at = end;
    }
    return nodes;
}

void Device::add(std::string_view pattern, Handler handler) {
    if (std::ranges::find(entries_, pattern, &Entry::pattern) != entries_.end()) {
        throw Error("the command " + std::string(pattern) + " was added twice");
    }
    Entry entry;
    entry.pattern = pattern;
    entry.is_query = pattern.ends_with('?');
    entry.nodes = nodes_of(entry.is_query ? pattern.substr(0, pattern.size() - 1) : pattern);
    entry.handler = std::move(handler);
    entries_.push_back(std::move(entry));
}

const Device::Entry& Device::find(const Command& command, std::vector<int>& suffixes) const {
    for (const Entry& entry : entries_) {
        if (entry.is_query != command.is_query) continue;
        suffixes.clear();
        if (fits<Node>(entry.nodes, command.header, suffixes)) return entry;
    }
    std::string header;
    for (const std::string& word : command.header) header += (header.empty() ? "" : ":") + word;
    throw Failure(code::undefined_header, header + (command.is_query ? "?" : ""));
}

std::string Device::carry_out(const Command& command) {
    std::vector<int> suffixes;
    const Entry& entry = find(command, suffixes);
    Call call(command, std::move(suffixes));
    entry.handler(call);
    call.finish();
    return call.answered().value_or("");
}

std::string Device::execute(std::string_view text) {
    waits_for_completion_ = false;
    std::string answers;
    bool has_answer = false;
    const auto carry_out_all = [&] {
        Message message(text);
        while (const auto command = message.next()) {
            const std::string answer = carry_out(*command);
            if (!command->is_query) continue;
            if (has_answer) answers += ';';
            answers += answer;
            has_answer = true;
        }
    };
    try {
        carry_out_all();
    } catch (const Failure& failure) {
        status_.add(failure);
    } catch (const RatingError& problem) {
        status_.add(Failure(code::out_of_range, problem.what()));
    } catch (const InputError& problem) {
        status_.add(Failure(code::illegal_value, problem.what()));
    } catch (const Error& problem) {
        status_.add(Failure(code::hardware, problem.what()));
    }
    return answers;
}

}  // namespace bmsrig::scpi_server
