// A SCPI command with holes in it, as a bench file or a profile says it:
// "SOUR{channel}:VOLT {value:.4f}".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/bench.h"

namespace bmsrig::scpi {

/// What a hole is filled with.
enum class Hole : unsigned char {
    channel,   ///< {channel}: the instrument's number of the channel
    channels,  ///< {channels}: several as SCPI lists them, 1:4,7; stands within (@...)
    value,     ///< {value}: the shortest decimal number that says it; {value:.4f}: four decimals
    values,    ///< {values}: one for each channel, by commas
    range      ///< {range}: the end of the measuring or source range
};

/// The values for one command.
struct Filling {
    int channel = 0;
    std::span<const int> channels{};
    double value = 0;
    std::span<const double> values{};
    double range = 0;
};

class CommandTemplate {
  public:
    /// Whether it asks for an answer.
    enum class Kind : unsigned char { command, query };
    struct Rules {
        Kind kind = Kind::command;
        std::vector<Hole> may{};   ///< holes that it may have
        std::vector<Hole> must{};  ///< and those that it must have
        bool required = false;
        double resolution = 0;  ///< what the decimals of {value} must be able to say; 0: anything
    };

    CommandTemplate() = default;
    /// Takes an option; "none" is as good as nothing. Throws InputError with file and line: a hole
    /// that nobody knows, a query without a question mark, too few decimals, a missing command.
    static CommandTemplate take(InstrumentSpec& spec, std::string_view key, const Rules& rules);

    /// Whether there is none.
    [[nodiscard]] bool empty() const { return parts_.empty(); }
    [[nodiscard]] bool has(Hole hole) const;
    /// Nothing of a template that is not there.
    [[nodiscard]] std::string fill(const Filling& filling) const;

  private:
    struct Part {
        std::string text;  // before the hole
        bool has_hole = false;
        Hole hole = Hole::channel;
        int decimals = -1;  // as many as it needs
    };
    static void check(const InstrumentSpec& spec, const DriverOption& option,
                      const CommandTemplate& made, const Rules& rules);

    std::vector<Part> parts_;
};

/// One message of several commands, each from the root of the command tree: ":A 1;:B 2".
std::string in_one_message(const std::vector<std::string>& commands);

}  // namespace bmsrig::scpi
