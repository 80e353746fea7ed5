// Settings: what is fixed outside the running system (number of cells, thresholds adjusted on the
// battery).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/quantity.h"

namespace bmsrig {

class YamlNode;

/// A setting that a product has: one of `choices`, a number with a unit between `low` and `high`,
/// or a scratch file.
struct SettingSpec {
    std::string name;
    Unit unit = Unit::none;
    std::vector<std::string> choices;
    std::optional<double> low;
    std::optional<double> high;
    std::string default_text;  ///< a choice, or a bare number in the base unit
    std::string source;        ///< document and section
    /// A file of the UUT that the rig provides, new for every test: the memory in which a unit
    /// keeps what outlives a power cycle. Its value is "new"; nobody sets another.
    bool is_scratch_file = false;
    bool is_whole = false;  ///< a number without a fraction
    /// The only values that a whole number may have, by the ends of their intervals; empty: all
    /// between low and high.
    std::vector<std::pair<double, double>> intervals{};

    /// "4, 8, 12, 16", "2.6 V to 2.8 V" or "0 to 4, 128 to 132".
    [[nodiscard]] std::string describe_range() const;
};

/// The values in force: a fixture's defaults, overlaid by the bench's, overlaid by the user's or
/// the plan's.
class Settings {
  public:
    Settings() = default;
    explicit Settings(std::vector<SettingSpec> specs) : specs_(std::move(specs)) {}

    /// Takes "2.7", "2.7 V" or a choice. Throws InputError that begins with `where` and names the
    /// known settings or the range.
    void set(std::string_view name, std::string_view value, const std::string& where);

    /// A choice, or a bare number in the base unit. Throws Error if the product has no such
    /// setting.
    [[nodiscard]] const std::string& text(std::string_view name) const;
    /// The value in the base unit. Throws Error if it is not a number.
    [[nodiscard]] double number(std::string_view name) const;
    /// Throws Error if the product has no such setting.
    [[nodiscard]] const SettingSpec& spec(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] const std::vector<SettingSpec>& specs() const { return specs_; }
    [[nodiscard]] std::vector<std::string> names() const;

    /// Only what was set, in the order of the specs, numbers bare in the base unit: the UUT's
    /// arguments.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> explicit_values() const;

  private:
    std::vector<SettingSpec> specs_;
    std::map<std::string, std::string, std::less<>> values_;
};

/// Reads the `settings:` of a fixture.yaml: name -> {choices or low and high, default, source}, or
/// {scratch_file: true, source}. Throws InputError.
std::vector<SettingSpec> read_setting_specs(const YamlNode& node);

}  // namespace bmsrig
