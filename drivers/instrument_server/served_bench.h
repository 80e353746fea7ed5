// The bench file by which a rig reaches what is served.
#pragma once

#include <string>
#include <vector>

#include "drivers/instrument_server/bridge.h"
#include "rig/config/bench.h"
#include "rig/config/settings.h"

namespace bmsrig {

struct ServedInstrument {
    std::string name;  ///< in the rig's bench file
    ServedAs as;
};

/// Complete and with comments. `settings` are those of the laboratory, which the rig is to share.
std::string served_bench_text(const Bench& bench, const Settings& settings,
                              const std::vector<ServedInstrument>& served);

}  // namespace bmsrig
