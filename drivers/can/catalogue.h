// The CAN protocols that the rig reads: one list, made of the files in dbc/.
#pragma once

#include <string_view>
#include <vector>

#include "rig/can_database.h"

namespace bmsrig {

/// All databases, each by the name of its DBC file.
const std::vector<const CanDatabase*>& can_databases();

/// The database of this name. Throws InputError that names those there are.
const CanDatabase& can_database(std::string_view name);

}  // namespace bmsrig
