#include "drivers/bloomy_abs/alarms.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "drivers/scpi/values.h"

namespace bmsrig::bloomy_abs {

namespace {

using scpi::shown;
using scpi::trimmed;

struct Alarm {
    std::uint32_t bit;
    std::string_view text;
};
constexpr std::array<Alarm, 7> alarms{{{0x000001, "recoverable: software interlock"},
                                       {0x000100, "critical: fan 0, cells 1 and 2 are off"},
                                       {0x000200, "critical: fan 1, cells 3 and 4 are off"},
                                       {0x000400, "critical: fan 2, cells 5 and 6 are off"},
                                       {0x000800, "critical: fan 3, cells 7 and 8 are off"},
                                       {0x010000, "fatal: fan 4, all cells are off"},
                                       {0x020000, "fatal: hardware fault, all cells are off"}}};
constexpr std::uint32_t recoverable = 0x0000ff;
constexpr std::uint32_t critical = 0x00ff00;

std::string_view kind_of(std::uint32_t bit) {
    if ((bit & recoverable) != 0) return "recoverable";
    return (bit & critical) != 0 ? "critical" : "fatal";
}

}  // namespace

std::optional<std::string> alarms_in(std::string_view answer) {
    const std::string_view text = trimmed(answer);
    std::uint32_t bits = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (problem != std::errc{} || end != text.data() + text.size()) {
        return "it answered " + shown(answer) + " to SYST:ALARM?; expected a whole number";
    }
    if (bits == 0) return std::nullopt;
    std::string list;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1U) {
        if ((bits & bit) == 0) continue;
        std::string name = std::string(kind_of(bit)) + ": alarm " + std::to_string(bit);
        for (const Alarm& alarm : alarms) {
            if (alarm.bit == bit) name = alarm.text;
        }
        list += (list.empty() ? "" : "; ") + name;
    }
    const bool can_be_cleared = (bits & ~recoverable) == 0;
    return "it has an alarm (" + list + "); " +
           (can_be_cleared ? "it is cleared when the next test begins"
                           : "repair its cause and switch the unit off and on");
}

}  // namespace bmsrig::bloomy_abs
