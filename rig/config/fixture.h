// A fixture: what a product is, how it is wired, which limits apply, what a test starts from. Files
// in fixtures/<product>/.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/config/fixture_files.h"
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
    /// Every other voltage source by its input port; nothing: open.
    std::map<std::string, std::optional<double>> sources;
};

/// What the wiring self-test may expect of a sound unit (rig/wiring_proof.h).
struct SelfTestPlan {
    /// A supply at which the unit cannot work: what stands on a line then comes from the wiring.
    double dead_supply_volts = 0;
    /// Lines -> whether they are active at the baseline.
    std::map<std::string, bool> baseline;
    struct Step {
        std::vector<std::pair<std::string, double>>
            apply;                          ///< input port -> value, from the baseline
        std::map<std::string, bool> lines;  ///< lines that change -> active
    };
    /// Stimuli by which lines of the same level at the baseline are told apart.
    std::vector<Step> steps;
};

/// What a product's files say, for one set of settings.
struct Fixture {
    std::filesystem::path folder;
    std::string name;  ///< the folder's name
    std::string title;
    std::vector<std::string> products;  ///< the product words that a UUT's greeting may have
    std::string process;                ///< the fixture's own BMS process
    Duration reaction_time{};           ///< the UUT's slowest answer to a stimulus
    /// For how long a board's supply is taken away to switch it off.
    Duration off_time = std::chrono::seconds{1};
    Settings settings;
    Baseline baseline;
    SelfTestPlan self_test;
    Wiring wiring;
    std::vector<Limit> limits;
    std::vector<Requirement> requirements;

    /// Throws Error that names the limits that are most alike.
    [[nodiscard]] const Limit& limit(std::string_view wanted) const;

    /// What the files say with these settings in force, checked against each other: the baseline
    /// lies inside the ratings and names every contact and source, the self-test names lines and
    /// inputs that exist, limits refer to requirements and settings that exist. Throws InputError
    /// with file and line.
    static Fixture load(const FixtureFiles& files, const Settings& settings);
};

}  // namespace bmsrig
