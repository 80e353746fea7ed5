// For tests of the rig: one on the virtual bench of a fixture, the smallBMS unless said.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/registry.h"
#include "rig/config/test_files.h"
#include "rig/rig.h"

namespace bmsrig {

inline const std::filesystem::path fixtures_folder =
    std::filesystem::path(BMSRIG_SOURCE_DIR) / "fixtures";
inline const std::filesystem::path fixture_folder = fixtures_folder / "victron_smallbms";

inline RigOptions options(std::string uut = "",
                          const std::filesystem::path& fixture = fixture_folder) {
    RigOptions chosen;
    chosen.fixture = fixture;
    chosen.bench = fixture / "benches/virtual.yaml";
    chosen.uut = std::move(uut);
    chosen.process_folder = BMSRIG_PROCESS_FOLDER;
    return chosen;
}

}  // namespace bmsrig
