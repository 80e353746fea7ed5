#include "drivers/scpi/cell_simulator_commands.h"

#include "drivers/scpi/options.h"
#include "drivers/scpi/values.h"

namespace bmsrig::scpi {

namespace {

using Rules = CommandTemplate::Rules;
constexpr auto query = CommandTemplate::Kind::query;
constexpr auto command = CommandTemplate::Kind::command;

}  // namespace

CellSimulatorCommands::CellSimulatorCommands(InstrumentSpec& spec, double resolution) {
    const auto take = [&](std::string_view key, const Rules& rules) {
        return CommandTemplate::take(spec, key, rules);
    };
    const Rules set{
        command, {Hole::channel, Hole::value}, {Hole::channel, Hole::value}, true, resolution};
    const Rules limit{command, {Hole::channel, Hole::value}, {Hole::channel, Hole::value}};
    const Rules change{command, {Hole::channel, Hole::channels}, {}, true};
    const Rules fault{command, {Hole::channel, Hole::channels}};
    set_voltage = take("set_voltage", set);
    set_voltages = take("set_voltages", {command,
                                         {Hole::channels, Hole::values},
                                         {Hole::channels, Hole::values},
                                         false,
                                         resolution});
    output_on = take("output_on", change);
    output_off = take("output_off", change);
    set_source_limit = take("set_source_limit", limit);
    set_sink_limit = take("set_sink_limit", limit);
    faults = {take("fault_none", fault), take("fault_open", fault), take("fault_short", fault),
              take("fault_reversed", fault)};
    read_voltage = take("read_voltage", {query, {Hole::channel}, {Hole::channel}, true});
    read_current = take("read_current", {query, {Hole::channel}, {Hole::channel}});
    read_fault = take("read_fault", {query, {Hole::channel}, {Hole::channel}});
    if (const DriverOption* words = find_option(spec, "fault_words")) {
        const auto parts = split(words->text, ',');
        fault_words.assign(parts.begin(), parts.end());
        if (fault_words.size() != faults.size()) {
            refuse_option(spec, *words, "expected four words: none, open, short and reversed");
        }
    }
    if (!read_fault.empty() && fault_words.empty()) {
        refuse_option(spec, *find_option(spec, "read_fault"),
                      "expected \"fault_words\" beside it: what it answers for none, open, short "
                      "and reversed");
    }
}

}  // namespace bmsrig::scpi
