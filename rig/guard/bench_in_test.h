// For tests of the guard: what it leaves of a bench, and when it has let go of it.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "rig/error.h"
#include "rig/guard/bench_state.h"

namespace bmsrig {

inline std::string content_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Returns when neither a rig nor a guard has the bench.
inline void wait_until_free(BenchState state) {
    for (;;) {
        try {
            return state.share();
        } catch (const BenchInUse&) {
            ::usleep(1000);
        }
    }
}

/// Only the guest of .ci/kernel has a clock that no load of the machine makes late: elsewhere times
/// are printed.
inline bool is_time_judged() {
    const char* clock = std::getenv("BMSRIG_CLOCK");
    return clock != nullptr && std::string_view(clock) == "counted";
}

}  // namespace bmsrig
