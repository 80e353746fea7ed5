// Plays a recorded conversation to a BMS process again and compares what it says.
#pragma once

#include <optional>
#include <string>

#include "rig/link/link.h"
#include "rig/link/transcript.h"

namespace bmsrig::link {

/// The first line in which the process differs from the transcript.
struct Difference {
    int line = 0;          ///< in the transcript
    std::string expected;  ///< what the transcript has there; empty: nothing
    std::string seen;      ///< what the process said; empty: nothing

    /// "transcript.txt:12: expected "next -", seen "next 5"".
    [[nodiscard]] std::string describe(const Transcript& transcript) const;
};

/// Starts the command, gives it the rig's lines and compares its greeting and answers, character by
/// character; its log is not compared. Nothing if all are equal. Throws LinkError if the process
/// breaks the contract where the transcript's did not, InputError if a line of the rig is none.
std::optional<Difference> replay(const Transcript& transcript, const Command& command);

}  // namespace bmsrig::link
