#include "drivers/virtual_common/virtual_instrument.h"

#include <cmath>

#include "rig/error.h"
#include "rig/quantity.h"

namespace bmsrig {

void check_channel(const std::string& instrument, int channel, int channels) {
    if (channel >= 1 && channel <= channels) return;
    throw RatingError("instrument \"" + instrument + "\" has no channel " +
                      std::to_string(channel) + "; expected 1 .. " + std::to_string(channels));
}

void check_load(const std::string& instrument, double siemens) {
    if (std::isfinite(siemens) && siemens >= 0) return;
    throw Error("instrument \"" + instrument + "\": a load of " + format_number(siemens) +
                " siemens was joined to it; expected a finite conductance that is not negative");
}

Identity virtual_identity(const std::string& model, const std::string& name,
                          const std::string& calibrated) {
    return {"bmsrig", model, name, BMSRIG_VERSION, calibrated};
}

}  // namespace bmsrig
