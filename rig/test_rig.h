// For tests of the rig: one on the virtual bench, with the smallBMS in the loop.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/registry.h"
#include "rig/config/test_files.h"
#include "rig/rig.h"

namespace bmsrig {

inline const std::filesystem::path fixture_folder =
    std::filesystem::path(BMSRIG_SOURCE_DIR) / "fixtures/victron_smallbms";

inline RigOptions options(std::string uut = "") {
    RigOptions chosen;
    chosen.fixture = fixture_folder;
    chosen.bench = fixture_folder / "benches/virtual.yaml";
    chosen.uut = std::move(uut);
    chosen.process_folder = BMSRIG_PROCESS_FOLDER;
    return chosen;
}

inline std::unique_ptr<Instrument> make(const InstrumentSpec& spec, Scheduler& scheduler,
                                        std::uint64_t seed) {
    return make_instrument(spec, DriverContext{scheduler, seed});
}

}  // namespace bmsrig
