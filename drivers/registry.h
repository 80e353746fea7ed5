// The one list of instrument drivers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rig/config/bench.h"
#include "rig/driver_context.h"
#include "rig/instruments/instrument.h"

namespace bmsrig {

struct DriverInfo {
    std::string name;         ///< as a bench file says it
    std::string kind;         ///< "cell simulator", ...
    std::string description;  ///< one line
    std::unique_ptr<Instrument> (*make)(InstrumentSpec& spec, const DriverContext& context);
};

/// All drivers, in order of kind and name.
const std::vector<DriverInfo>& driver_registry();

/// Makes the instrument that a bench file describes. Throws InputError with file and line if there
/// is no such driver (naming those there are) or an option is wrong.
std::unique_ptr<Instrument> make_instrument(const InstrumentSpec& spec,
                                            const DriverContext& context);

}  // namespace bmsrig
