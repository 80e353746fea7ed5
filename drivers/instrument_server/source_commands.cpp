#include "drivers/instrument_server/source_commands.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bmsrig::scpi_server {

SourceCommands::SourceCommands(VoltageSource& source, std::vector<double> ranges)
    : source_(source),
      grid_(source.resolution().value(), source.minimum().value(), source.maximum().value()),
      ranges_(std::move(ranges)),
      outputs_(static_cast<std::size_t>(source.channels())) {
    for (Output& output : outputs_) output.range = ranges_.empty() ? 0 : ranges_.front();
}

void SourceCommands::reset() {
    for (Output& output : outputs_) {
        output = {};
        output.range = ranges_.empty() ? 0 : ranges_.front();
    }
    source_.make_safe();
}

void SourceCommands::set(int channel, double voltage) {
    Output& output = at_channel(outputs_, channel);
    if (!ranges_.empty() && std::abs(voltage) > output.range) {
        throw Failure(code::out_of_range,
                      number_text(voltage) + " in the range of " + number_text(output.range));
    }
    output.set_point = grid_.round(voltage);
    if (output.on) source_.set_voltage(channel, volts(output.set_point));
}

void SourceCommands::add_to(Device& device) {
    const int count = source_.channels();
    const NumberRange range{Unit::volt, source_.minimum().value(), source_.maximum().value(),
                            std::max(0.0, source_.minimum().value())};
    add_channel_setting(
        device, "[SOURce#]:VOLTage[:LEVel][:IMMediate][:AMPLitude]", count,
        [range](Call& call) { return call.number(range); },
        [this](int channel, double voltage) { set(channel, voltage); });
    add_channel_query(
        device, "[SOURce#]:VOLTage[:LEVel][:IMMediate][:AMPLitude]?", count,
        [this](int channel) { return number_text(at_channel(outputs_, channel).set_point); });
    add_channel_setting(
        device, "OUTPut#[:STATe]", count, [](Call& call) -> int { return call.boolean(); },
        [this](int channel, int on) {
            Output& output = at_channel(outputs_, channel);
            output.on = on != 0;
            if (output.on) {
                source_.set_voltage(channel, volts(output.set_point));
            } else {
                source_.set_output(channel, false);
            }
        });
    add_channel_query(device, "OUTPut#[:STATe]?", count, [this](int channel) {
        return std::string(at_channel(outputs_, channel).on ? "1" : "0");
    });
    add_channel_query(device, "MEASure#[:SCALar]:VOLTage[:DC]?", count, [this](int channel) {
        return number_text(source_.read_voltage(channel).value());
    });
    if (!ranges_.empty()) add_range(device);
}

void SourceCommands::add_range(Device& device) {
    const NumberRange all{Unit::volt, 0, ranges_.back(), ranges_.front()};
    add_channel_setting(
        device, "[SOURce#]:VOLTage:RANGe", source_.channels(),
        [all](Call& call) { return call.number(all); },
        [this](int channel, double largest) {
            Output& output = at_channel(outputs_, channel);
            const double range = *std::ranges::lower_bound(ranges_, largest);
            if (std::abs(output.set_point) > range) {
                throw Failure(code::settings_conflict, number_text(output.set_point) +
                                                           " is set, which the range of " +
                                                           number_text(range) + " does not hold");
            }
            output.range = range;
        });
    add_channel_query(device, "[SOURce#]:VOLTage:RANGe?", source_.channels(), [this](int channel) {
        return number_text(at_channel(outputs_, channel).range);
    });
}

}  // namespace bmsrig::scpi_server
