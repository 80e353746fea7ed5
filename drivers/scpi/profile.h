// Profiles: what a model of SCPI instrument is told and what it can do, as data, so that a new
// model needs no code.
#pragma once

#include <string_view>
#include <vector>

#include "rig/config/bench.h"

namespace bmsrig::scpi {

/// A profile that comes with bmsrig: the text of drivers/scpi/profiles/<name>.yaml.
struct BuiltInProfile {
    std::string_view name;
    std::string_view text;
};
const std::vector<BuiltInProfile>& built_in_profiles();

/// Gives an instrument the options of its profile where the bench file does not say them itself: of
/// the one that the option `profile` names (one of bmsrig's by its name, another by the way to its
/// file from the bench file), otherwise of `otherwise`. Throws InputError with file and line if
/// there is no such profile or it is for another driver.
void apply_profile(InstrumentSpec& spec, std::string_view otherwise);

}  // namespace bmsrig::scpi
