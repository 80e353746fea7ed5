// What all virtual instruments have in common, whatever they do.
#pragma once

#include <string>

#include "rig/instruments/instrument.h"

namespace bmsrig {

/// Throws RatingError that names the instrument and its channels unless 1 <= channel <= channels.
void check_channel(const std::string& instrument, int channel, int channels);

/// Throws Error unless `siemens` is a conductance: finite and not negative.
void check_load(const std::string& instrument, double siemens);

/// Says of itself that it is virtual; the "serial number" is the name in the bench file.
Identity virtual_identity(const std::string& model, const std::string& name,
                          const std::string& calibrated = {});

}  // namespace bmsrig
