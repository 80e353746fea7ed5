#include "rig/config/fixture_files.h"

#include <algorithm>
#include <utility>

#include "rig/config/limits_reader.h"
#include "rig/config/settings_table.h"
#include "rig/config/wiring_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

YamlNode read_fixture_file(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        throw InputError(
            folder.string(), 0,
            "there is no such folder; expected that of a fixture, with a fixture.yaml");
    }
    return read_yaml_format(folder / "fixture.yaml",
                            {"format", "title", "products", "process", "reaction_time", "off_time",
                             "settings", "settings_table", "baseline", "self_test"});
}

std::vector<SettingSpec> read_specs(const YamlNode& root, const std::filesystem::path& folder) {
    std::vector<SettingSpec> specs = read_setting_specs(root.at("settings"));
    if (const YamlNode* table = root.find("settings_table")) {
        for (SettingSpec& spec : read_settings_table((folder / table->text()).lexically_normal())) {
            if (std::ranges::find(specs, spec.name, &SettingSpec::name) != specs.end()) {
                table->refuse("the setting " + spec.name +
                              " stands in the table and under settings; expected it once");
            }
            specs.push_back(std::move(spec));
        }
    }
    return specs;
}

}  // namespace

FixtureFiles::FixtureFiles(std::filesystem::path from)
    : folder(std::move(from)),
      fixture(read_fixture_file(folder)),
      wiring(read_wiring_file(folder / "wiring.yaml")),
      limits(read_limits_file(folder / "limits.yaml")),
      requirements(read_requirements(folder / "requirements.csv")),
      setting_specs(read_specs(fixture, folder)) {}

}  // namespace bmsrig
