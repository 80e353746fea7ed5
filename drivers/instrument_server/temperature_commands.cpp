#include "drivers/instrument_server/temperature_commands.h"

#include <algorithm>
#include <array>
#include <limits>

namespace bmsrig::scpi_server {

namespace {

constexpr std::array faults{SensorFault::none, SensorFault::absent, SensorFault::stuck};
constexpr std::array words{"NONE", "ABS", "STUC"};
const std::vector<std::string_view> patterns{"NONE", "ABSent", "STUCk"};
/// A sensor to which nothing was set is not there.
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TemperatureCommands::TemperatureCommands(TemperatureSimulator& sensors)
    : sensors_(sensors),
      state_(static_cast<std::size_t>(sensors.channels()), Sensor{nothing, SensorFault::none}) {}

void TemperatureCommands::reset() {
    std::ranges::fill(state_, Sensor{nothing, SensorFault::none});
    sensors_.make_safe();
}

void TemperatureCommands::add_to(Device& device) {
    const int count = sensors_.channels();
    const NumberRange range{
        Unit::celsius, sensors_.minimum().value(), sensors_.maximum().value(),
        std::clamp(25.0, sensors_.minimum().value(), sensors_.maximum().value())};
    add_channel_setting(
        device, "[SOURce#]:TEMPerature[:LEVel][:IMMediate][:AMPLitude]", count,
        [range](Call& call) { return call.number(range); },
        [this](int channel, double temperature) {
            at_channel(state_, channel).set_point =
                sensors_.set_temperature(channel, celsius(temperature)).value();
        });
    add_channel_query(
        device, "[SOURce#]:TEMPerature[:LEVel][:IMMediate][:AMPLitude]?", count,
        [this](int channel) { return number_text(at_channel(state_, channel).set_point); });
    add_channel_query(device, "MEASure#[:SCALar]:TEMPerature?", count, [this](int channel) {
        return number_text(sensors_.read_temperature(channel).value());
    });
    add_channel_setting(
        device, "OUTPut#:FAULt", count, [](Call& call) { return call.word(patterns); },
        [this](int channel, std::size_t fault) {
            at_channel(state_, channel).fault = faults.at(fault);
            sensors_.set_fault(channel, faults.at(fault));
        });
    add_channel_query(device, "OUTPut#:FAULt?", count, [this](int channel) {
        const auto fault = std::ranges::find(faults, at_channel(state_, channel).fault);
        return std::string(words.at(static_cast<std::size_t>(fault - faults.begin())));
    });
}

}  // namespace bmsrig::scpi_server
