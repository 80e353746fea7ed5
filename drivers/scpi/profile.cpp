#include "drivers/scpi/profile.h"

#include <algorithm>
#include <filesystem>

#include "drivers/scpi/options.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig::scpi {

namespace {

YamlNode read_profile(const InstrumentSpec& spec, const DriverOption* option,
                      std::string_view name) {
    const auto& all = built_in_profiles();
    const auto found = std::ranges::find(all, name, &BuiltInProfile::name);
    if (found != all.end()) {
        return parse_yaml(std::string(found->text), "profiles/" + std::string(name) + ".yaml");
    }
    if (!name.ends_with(".yaml")) {
        refuse_option(spec, *option,
                      unknown_name("profile", name, names_of(all, &BuiltInProfile::name)) +
                          "; one of your own is named by its file, such as my_supply.yaml");
    }
    const auto file = std::filesystem::path(spec.file).parent_path() / name;
    if (!std::filesystem::exists(file)) {
        refuse_option(spec, *option,
                      "there is no file " + file.string() +
                          "; expected the way from the bench file to a profile of your own");
    }
    return read_yaml(file);
}

}  // namespace

void apply_profile(InstrumentSpec& spec, std::string_view otherwise) {
    const DriverOption* option = find_option(spec, "profile");
    const std::string name = option == nullptr ? std::string(otherwise) : option->text;
    const YamlNode profile = read_profile(spec, option, name);
    profile.allow_keys({"format", "driver", "source", "options"});
    static_cast<void>(profile.at("format").integer(1, 1));
    static_cast<void>(profile.at("source").text());
    const YamlNode& driver = profile.at("driver");
    if (driver.text() != spec.driver) {
        const std::string problem = "the profile is for the driver " + driver.text() +
                                    ", but the instrument \"" + spec.name + "\" has the driver " +
                                    spec.driver;
        if (option == nullptr) driver.refuse(problem);
        refuse_option(spec, *option, problem);
    }
    std::vector<DriverOption> added;
    for (const YamlNode& each : profile.at("options").entries()) {
        const auto said = std::ranges::find(spec.options, each.key(), &DriverOption::key);
        if (said == spec.options.end()) {
            added.push_back({each.key(), each.text(), each.line(), each.file()});
        }
    }
    spec.options.insert(spec.options.end(), added.begin(), added.end());
}

}  // namespace bmsrig::scpi
