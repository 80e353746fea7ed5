// One call of a command: what its handler asks for, and its answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/instrument_server/scpi_message.h"
#include "rig/quantity.h"

namespace bmsrig::scpi_server {

/// What a number may be, in its base unit.
struct NumberRange {
    Unit unit = Unit::none;
    double minimum = 0;
    double maximum = 0;
    double standard = 0;  ///< DEF
};

/// Parameters are taken one by one; whoever carries out the command ends with finish(). Everything
/// throws Failure with the standard's number.
class Call {
  public:
    Call(Command command, std::vector<int> suffixes)
        : command_(std::move(command)), suffixes_(std::move(suffixes)) {}

    [[nodiscard]] bool is_query() const { return command_.is_query; }
    /// Whether a parameter of this kind comes next.
    [[nodiscard]] bool has(Parameter::Kind kind) const;
    [[nodiscard]] bool has_more() const { return taken_ < command_.parameters.size(); }

    /// Within the range; MIN, MAX and DEF are its own.
    double number(const NumberRange& range);
    /// 0, 1, OFF or ON.
    bool boolean();
    /// One of these, given as "SHORTcircuit": the capitals are the short form. Its index.
    std::size_t word(const std::vector<std::string_view>& patterns);
    std::string string();
    /// Of the list that comes next, otherwise of the header's suffix, which is 1 where it is left
    /// out.
    std::vector<int> channels(int count);
    /// There is no way without a list.
    std::vector<int> list(int count);
    /// The same of numbers that are no channels in a row: the relays of a card.
    std::vector<int> any_list();

    /// Throws if a parameter is left.
    void finish() const;

    void answer(std::string text) { answer_ = std::move(text); }
    /// Numbers, joined by commas.
    void answer(const std::vector<double>& numbers);
    [[nodiscard]] const std::optional<std::string>& answered() const { return answer_; }

  private:
    const Parameter& take();

    Command command_;
    std::vector<int> suffixes_;
    std::size_t taken_ = 0;
    std::optional<std::string> answer_;
};

/// The shortest form that reads back to the same number; 9.91E37 for what is none.
std::string number_text(double value);

/// Whether a mnemonic in capitals is the short or the long form of "VOLTage". Its digits at the end
/// go to `suffix`, which is nullptr where none may stand; 0 where there are none.
bool matches(std::string_view pattern, std::string_view mnemonic, int* suffix);

}  // namespace bmsrig::scpi_server
