// A breach of the link's contract, before it is known how the process ended.
#pragma once

#include <string>
#include <string_view>

namespace bmsrig::link {

/// Thrown below Session, which ends the process, adds its name, lines and log, and throws
/// LinkError.
struct Breach {
    std::string what;      ///< "gave no answer within 5 s"
    std::string expected;  ///< may be empty
    std::string seen;      ///< the offending line, as it came; may be empty
};

/// Text in quotes for a message: what cannot be printed as \x1b, cut after 200 characters with its
/// true length.
std::string quote(std::string_view text);

}  // namespace bmsrig::link
