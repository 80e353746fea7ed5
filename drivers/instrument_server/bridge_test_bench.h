// What tests of bridges stand on: a context in virtual time, and what was logged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drivers/contract/workbench.h"
#include "drivers/instrument_server/bridge.h"

namespace bmsrig {

class BridgeTestBench {
  public:
    Reactor reactor;
    Scheduler scheduler;
    std::map<std::string, Instrument*> bench;
    InstrumentSpec spec;
    std::vector<std::string> logged;
    int caught_up = 0;
    BridgeContext context{reactor,     scheduler,
                          spec,        [this](std::string_view line) { logged.emplace_back(line); },
                          bench,       [this] { ++caught_up; },
                          "2026-01-02"};

    void run(Duration duration) { scheduler.run_until(scheduler.now() + duration); }
};

}  // namespace bmsrig
