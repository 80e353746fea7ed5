// Faults of the bench's own wiring, put into a virtual bench to see whether they are found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bmsrig {

class YamlNode;

struct WiringFault {
    enum class Kind : unsigned char {
        open,            ///< the line's wire is broken: its reader hangs on its own resistors
        no_pull_down,    ///< the line bank's pull-down is missing
        no_pull_up,      ///< the line bank's pull-up is missing
        short_to_minus,  ///< the output is shorted to battery minus
        short_to_plus,   ///< the output is shorted to battery plus
        swapped,         ///< this line's wire and the other's are exchanged
        wired_to,        ///< this line's reader sits on the other line's net, beside its reader
        joined           ///< the two outputs are shorted together
    };
    std::string name;  ///< of the line
    Kind kind = Kind::open;
    std::string other;  ///< the other line of swapped, wired_to and joined
    std::string file;   ///< the bench file
    int line = 0;       ///< in it
};
std::string_view to_string(WiringFault::Kind kind);

/// Reads the `wiring_faults:` of a bench file: a list of {line, fault} or {line, fault, with}.
/// Throws InputError with file and line.
std::vector<WiringFault> read_wiring_faults(const YamlNode& node);

}  // namespace bmsrig
