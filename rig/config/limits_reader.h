// Reads limits.yaml: the pass band of every measurement, by name.
#pragma once

#include <filesystem>
#include <vector>

#include "rig/config/requirement.h"
#include "rig/config/settings.h"
#include "rig/config/yaml_reader.h"
#include "rig/limit.h"
#include "rig/time.h"

namespace bmsrig {

/// What a limit may refer to.
struct LimitContext {
    const Settings& settings;
    Duration reaction_time{};
    const std::vector<Requirement>& requirements;
};

/// A limit has `nominal` and `tolerance`, or `low`, `high` or both, or `record: true` and `unit`. A
/// number is a sum: "2.80 V", "setting under_voltage", "30 s + reaction_time + 50 ms". The ends are
/// rounded to 1e-9 of the base unit, so that a sum is the number that a person would have written.
/// Throws InputError with file and line, also for a requirement that does not exist, ends the wrong
/// way round, units that differ, and a band for a requirement that is only characterised.
std::vector<Limit> read_limits(const YamlNode& root, const LimitContext& context);

/// Throws InputError as read_yaml_format does.
YamlNode read_limits_file(const std::filesystem::path& file);

}  // namespace bmsrig
