// A program message, taken apart into its commands as IEEE 488.2 chapter 7 and SCPI-99 volume 1
// say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bmsrig::scpi_server {

/// One parameter of a command.
struct Parameter {
    enum class Kind : unsigned char {
        number,   ///< 3.3, 1E-3, #H1F, with `text` as its unit in capitals: "MV"
        word,     ///< ON, MAX, in capitals
        string,   ///< in quotes
        channels  ///< (@1:8)
    };
    Kind kind = Kind::word;
    std::string text;
    double number = 0;
    std::vector<int> channels{};
};

struct Command {
    /// From the root on, whatever the message left out; a common command is one word: "*IDN".
    std::vector<std::string> header;
    bool is_query = false;
    std::vector<Parameter> parameters;
};

/// The commands of a message, one after the other.
class Message {
  public:
    /// Longer lists of channels are refused; no instrument has as many.
    static constexpr std::size_t most_channels = 1000;

    /// `text` without its terminator; it must outlive this.
    explicit Message(std::string_view text) : rest_(text) {}

    /// The next command; nothing at the end. Throws Failure where the text is no command; what is
    /// left is then not to be read.
    std::optional<Command> next();

  private:
    void skip_space();
    [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
    [[nodiscard]] bool at_end_of_command() const { return rest_.empty() || at(';'); }
    void read_header(Command& command);
    std::string read_mnemonic();
    Parameter read_parameter();
    Parameter read_number();
    Parameter read_based_number();
    Parameter read_string();
    Parameter read_channels();
    int read_channel();
    std::string read_letters();

    std::string_view rest_;
    std::vector<std::string> path_;  ///< at which the next header begins
};

}  // namespace bmsrig::scpi_server
