#include "rig/driver_context.h"

#include "rig/error.h"

namespace bmsrig {

Reactor& require_reactor(const InstrumentSpec& spec, const DriverContext& context) {
    if (context.reactor != nullptr) return *context.reactor;
    throw InputError(
        spec.file, spec.line,
        "instrument \"" + spec.name + "\": the driver \"" + spec.driver +
            "\" is for a real instrument, but the bench runs in virtual time; expected "
            "\"clock: real\" in the bench file");
}

}  // namespace bmsrig
