#include "drivers/can/bit_rate.h"

#include <algorithm>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr int lowest = 10'000;
constexpr int highest = 1'000'000;

std::string range() {
    return std::to_string(lowest) + " .. " + std::to_string(highest);
}

}  // namespace

void check_can_bit_rate(const std::string& instrument, int channel, std::uint32_t bit_rate) {
    if (bit_rate == 0 || (bit_rate >= lowest && bit_rate <= highest)) return;
    throw RatingError("instrument \"" + instrument + "\", channel " + std::to_string(channel) +
                      ": cannot work at " + std::to_string(bit_rate) + " bit/s; expected " +
                      range() + ", or 0 for that of who speaks");
}

std::uint32_t take_can_bit_rate(InstrumentSpec& spec, std::uint32_t otherwise,
                                const std::string& zero) {
    const int bit_rate = spec.integer("bit_rate", static_cast<int>(otherwise), 0, highest);
    const auto option = std::ranges::find(spec.options, "bit_rate", &DriverOption::key);
    if (option != spec.options.end() && bit_rate != 0 && bit_rate < lowest) {
        throw InputError(
            spec.file, option->line,
            "bit_rate is " + option->text + "; expected 0 for " + zero + ", or " + range());
    }
    return static_cast<std::uint32_t>(bit_rate);
}

}  // namespace bmsrig
