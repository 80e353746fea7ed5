// The CAN protocols that the rig reads: one list, made of the files in dbc/ and of protocols.csv.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rig/can_database.h"
#include "rig/time.h"

namespace bmsrig {

/// What a BMS sends and hears by its setting CHRG.
struct CanProtocol {
    struct Message {
        std::string database;
        std::string name;
        std::uint32_t id = 0;
        bool extended = false;  ///< its layout has 29 bits
    };
    /// What the other side sends all the time.
    struct KeepAlive {
        Message message;
        Duration period{};
        std::optional<std::vector<std::uint8_t>> data;  ///< none: what it holds is measured
    };

    std::string name;  ///< "rec", "solax"
    int chrg = 0;
    Duration cycle{};                    ///< by the manual
    std::vector<Message> messages;       ///< each once
    std::vector<int> bit_rate_settings;  ///< those of CANS that the manual names, its default first
    std::optional<KeepAlive> keep_alive;
    std::optional<Duration> receiver_timeout;  ///< after it the other side gives up, if stated
    /// "confirmed", "unconfirmed" (only public under a relative's name) or "unknown".
    std::string layout;
    std::string source;
};

/// All databases, each by the name of its DBC file.
const std::vector<const CanDatabase*>& can_databases();

/// The database of this name. Throws InputError that names those there are.
const CanDatabase& can_database(std::string_view name);

/// All protocols, by ascending CHRG.
const std::vector<CanProtocol>& can_protocols();

}  // namespace bmsrig
