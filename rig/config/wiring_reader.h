// Reads wiring.yaml into nets; whether they fit together is Wiring's business.
#pragma once

#include <filesystem>

#include "rig/config/settings.h"
#include "rig/wiring.h"

namespace bmsrig {

/// Nets with `count: <setting>` are repeated for 1 to that setting, "<n>" standing for the number
/// in the net's name and its pins. Throws InputError with file and line.
Netlist read_netlist(const std::filesystem::path& file, const Settings& settings);

}  // namespace bmsrig
