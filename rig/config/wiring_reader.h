// Reads wiring.yaml into nets; whether they fit together is Wiring's business.
#pragma once

#include <filesystem>

#include "rig/config/settings.h"
#include "rig/config/yaml_reader.h"
#include "rig/wiring.h"

namespace bmsrig {

/// Nets with `count: <setting>` are repeated for 1 to that setting, "<n>" standing for the number
/// in the net's name and its pins. Throws InputError with file and line.
Netlist read_netlist(const YamlNode& root, const Settings& settings);

/// Throws InputError as read_yaml_format does.
YamlNode read_wiring_file(const std::filesystem::path& file);

}  // namespace bmsrig
