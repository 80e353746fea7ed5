#include "drivers/instrument_server/abs_commands.h"

#include <algorithm>
#include <array>

namespace bmsrig::scpi_server {

namespace {

constexpr std::uint32_t soft_interlock = 0x000001;
constexpr std::uint32_t recoverable = 0x0000FF;
constexpr double most_current = 5;

CellUnit unit_of(const CellSimulator& cells, int first, double source_limit, double sink_limit) {
    CellUnit unit;
    unit.first = first;
    unit.count = std::min(abs_cells, cells.channels() - first + 1);
    unit.source_limit = std::min(most_current, source_limit);
    unit.sink_limit = std::min(most_current, sink_limit);
    unit.fault_patterns = {"NONE", "OPENcircuit", "SHORTcircuit", "POLarity"};
    unit.fault_words = {"NONE", "OPENCIRCUIT", "SHORTCIRCUIT", "POLARITY"};
    return unit;
}

}  // namespace

AbsCommands::AbsCommands(CellSimulator& cells, int first, int device_id, double source_limit,
                         double sink_limit)
    : CellCommands(cells, unit_of(cells, first, source_limit, sink_limit)),
      device_id_(device_id),
      ranges_(static_cast<std::size_t>(count())) {}

void AbsCommands::reset() {
    alarms_ = 0;
    filters_ = false;
    std::ranges::fill(ranges_, 0);
    block_outputs(false);
    CellCommands::reset();
}

void AbsCommands::add_to(Device& device) {
    CellCommands::add_to(device);
    add_alarms(device);
    add_ranges(device);
    // The real ones average over time; what a virtual cell reads is averaged already.
    add_channel_query(device, "MEASure#[:SCALar]:VOLTage:AVG?", count(),
                      [this](int number) { return number_text(sensed(number)); });
    add_channel_query(device, "MEASure#[:SCALar]:CURRent:AVG?", count(), [this](int number) {
        return number_text(simulator().read_current(channel(number)).value());
    });
    add_channel_query(device, "OUTPut#:MODE?", count(), [this](int number) {
        return std::string(is_limited(number) ? "ILIM" : "CV");
    });
    device.add("CONFigure:COMM:SERial:ID?",
               [this](Call& call) { call.answer(std::to_string(device_id_)); });
}

bool AbsCommands::is_limited(int number) const {
    constexpr double margin = 1e-3;  // of the reading
    const double current = simulator().read_current(channel(number)).value();
    return current >= cell(number).source_limit - margin ||
           current <= -cell(number).sink_limit + margin;
}

void AbsCommands::add_alarms(Device& device) {
    device.add("SYSTem:ALARM?", [this](Call& call) { call.answer(std::to_string(alarms_)); });
    device.add("SYSTem:ALARM:RAISE", [this](Call& call) {
        call.finish();
        alarms_ |= soft_interlock;
        block_outputs(true);
    });
    device.add("SYSTem:ALARM:CLEAR", [this](Call& call) {
        call.finish();
        alarms_ &= ~recoverable;
        block_outputs(false);
    });
    // 1 while the interlock holds the outputs off.
    device.add("SYSTem:INTerlock?",
               [this](Call& call) { call.answer((alarms_ & soft_interlock) != 0 ? "1" : "0"); });
}

void AbsCommands::add_ranges(Device& device) {
    static const std::vector<std::string_view> patterns{"AUTO", "LOw", "HIgh"};
    static const std::array<std::string, 3> words{"AUTO", "LOW", "HIGH"};
    add_channel_setting(
        device, "SENSe#:RANGe", count(), [](Call& call) { return call.word(patterns); },
        [this](int number, std::size_t range) { at_channel(ranges_, number) = range; });
    add_channel_query(device, "SENSe#:RANGe?", count(),
                      [this](int number) { return words.at(at_channel(ranges_, number)); });
    device.add("CONFigure:MEASure:FILTer", [this](Call& call) {
        const bool on = call.boolean();
        call.finish();
        filters_ = on;
    });
    device.add("CONFigure:MEASure:FILTer?",
               [this](Call& call) { call.answer(filters_ ? "1" : "0"); });
}

}  // namespace bmsrig::scpi_server
