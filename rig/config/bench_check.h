// Does a bench fit a fixture?
#pragma once

#include "rig/config/bench.h"
#include "rig/config/fixture.h"

namespace bmsrig {

/// Throws InputError with file and line if the bench was made for another fixture, or lacks an
/// instrument that the wiring names. Instruments that the wiring does not use may stand in the
/// bench.
void check_bench(const Fixture& fixture, const Bench& bench);

}  // namespace bmsrig
