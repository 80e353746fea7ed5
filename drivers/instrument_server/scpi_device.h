// A SCPI instrument: its commands, its status, and the messages that it carries out.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/instrument_server/scpi_call.h"
#include "drivers/instrument_server/scpi_status.h"
#include "rig/instruments/instrument.h"

namespace bmsrig::scpi_server {

class Device {
  public:
    using Handler = std::function<void(Call& call)>;

    /// With the commands that every instrument has. `reset` is what *RST does beside emptying
    /// nothing: the safe state.
    Device(Identity identity, std::function<void()> reset);

    /// Adds a command: "OUTPut#[:STATe]" has the forms OUTP, OUTPUT2:STAT, ...; one that ends in a
    /// question mark is the query. `#` takes a number and stands at one place at most. Throws Error
    /// for a pattern that is there already: a mistake of the program.
    void add(std::string_view pattern, Handler handler);

    /// Carries out the message `text` without its terminator. Its answers, joined by semicolons;
    /// empty where nothing was asked. What is wrong goes to the error queue, and ends the message.
    std::string execute(std::string_view text);

    [[nodiscard]] Status& status() { return status_; }
    /// Whether the last message asked (*OPC?, *WAI) that its end waits until everything has
    /// settled.
    [[nodiscard]] bool waits_for_completion() const { return waits_for_completion_; }

  private:
    struct Node {
        std::string name;  ///< "VOLTage"
        bool has_suffix = false;
        bool is_optional = false;
    };
    struct Entry {
        std::string pattern;
        std::vector<Node> nodes;
        bool is_query = false;
        Handler handler;
    };

    void add_common_commands();
    void add_status_register(const std::string& name, std::uint8_t Status::*mask);
    [[nodiscard]] static std::vector<Node> nodes_of(std::string_view pattern);
    [[nodiscard]] const Entry& find(const Command& command, std::vector<int>& suffixes) const;
    std::string carry_out(const Command& command);

    Identity identity_;
    std::function<void()> reset_;
    Status status_;
    bool waits_for_completion_ = false;
    std::vector<Entry> entries_;
};

}  // namespace bmsrig::scpi_server
