// Settings from a product's own table of instructions: one place for its ranges and defaults.
#pragma once

#include <filesystem>
#include <vector>

#include "rig/config/settings.h"

namespace bmsrig {

/// Reads the numbers that can be read and written (access RW, type float or integer) of an
/// instruction table (drivers/rs485/README.md says what its columns are); each is a setting with
/// the mnemonic in lower case as its name. Throws InputError with file and line.
std::vector<SettingSpec> read_settings_table(const std::filesystem::path& file);

}  // namespace bmsrig
