// A fixture: what a product is, how it is wired, which limits apply, what a test starts from. Files
// in fixtures/<product>/.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/requirement.h"
#include "rig/config/settings.h"
#include "rig/limit.h"
#include "rig/time.h"
#include "rig/wiring.h"

namespace bmsrig {

/// What every test starts from: a healthy battery, the system switched on.
struct Baseline {
    double cells_volts = 0;
    double temperatures_celsius = 0;
    double supply_volts = 0;               ///< already multiplied where the file says "per cell"
    std::map<std::string, bool> switches;  ///< input port of a contact -> closed
};

/// A product's folder, read once for each set of settings.
struct Fixture {
    std::filesystem::path folder;
    std::string name;  ///< the folder's name
    std::string title;
    std::vector<std::string> products;  ///< the product words that a UUT's greeting may have
    std::string process;                ///< the fixture's own BMS process
    Duration reaction_time{};           ///< the UUT's slowest answer to a stimulus
    Settings settings;
    Baseline baseline;
    Wiring wiring;
    std::vector<Limit> limits;
    std::vector<Requirement> requirements;

    /// Throws Error that names the limits that are most alike.
    [[nodiscard]] const Limit& limit(std::string_view wanted) const;

    /// Only the settings of a fixture.yaml with their defaults: a first look, before a bench or a
    /// user sets any.
    static Settings load_settings(const std::filesystem::path& folder);
    /// Reads fixture.yaml, wiring.yaml, limits.yaml and requirements.csv with these settings in
    /// force, and checks them against each other: the baseline lies inside the ratings and names
    /// every contact, limits refer to requirements and settings that exist. Throws InputError with
    /// file and line.
    static Fixture load(const std::filesystem::path& folder, const Settings& settings);
};

}  // namespace bmsrig
