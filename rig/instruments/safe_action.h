// What puts an instrument into its safe state when the rig no longer can: done by the guard, a
// process of its own, without any driver.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bmsrig {

/// One thing that the guard does.
struct SafeAction {
    enum class Kind : unsigned char {
        write,  ///< writes `bytes` to `descriptor` at one go: SCPI lines
        frame,  ///< the same with a struct can_frame; done when its echo says that it was on the
                ///< bus
        lines   ///< drives lines of the GPIO chip at `path`, once the rig's process has let go of
                ///< them
    };
    Kind kind = Kind::write;
    std::string instrument;  ///< whose it is; the rig fills it in
    /// In words with the instrument and its address, for whoever has to do it by hand: "switches
    /// \"cells\" at tcp 10.0.0.4:5025 off".
    std::string does;
    /// Of the open connection, which the guard shares with the rig: many instruments serve one
    /// connection only, and it stays when the rig dies.
    int descriptor = -1;
    std::vector<std::uint8_t> bytes;
    /// What an answer must contain that shows it is done, such as that of *OPC?; empty: no answer.
    std::string answer;
    std::string path;                                    ///< of the GPIO chip
    std::vector<std::pair<std::uint32_t, bool>> levels;  ///< offset and level of each line
};

}  // namespace bmsrig
