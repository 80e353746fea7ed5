// The files of a fixture as they were when the run began.
#pragma once

#include <filesystem>
#include <vector>

#include "rig/config/requirement.h"
#include "rig/config/settings.h"
#include "rig/config/yaml_reader.h"

namespace bmsrig {

/// Read once: a power cycle with other settings comes while time runs, and who edits a file
/// meanwhile changes the next run.
struct FixtureFiles {
    /// fixture.yaml, the table of settings it names, wiring.yaml, limits.yaml and requirements.csv
    /// in this folder. Throws InputError with file and line.
    explicit FixtureFiles(std::filesystem::path from);

    /// With their defaults: before a bench or a user sets any.
    [[nodiscard]] Settings settings() const { return Settings(setting_specs); }

    std::filesystem::path folder;
    YamlNode fixture;
    YamlNode wiring;
    YamlNode limits;
    std::vector<Requirement> requirements;
    std::vector<SettingSpec> setting_specs;
};

}  // namespace bmsrig
