// Which frames a CAN adapter hears, in can-utils' notation.
#pragma once

#include <linux/can.h>

#include <string_view>
#include <vector>

namespace bmsrig {

/// "100:7FF 18F00000:1FFF0000 200~700": identifier and mask in hexadecimal, ':' lets matching
/// frames pass and '~' the others; a frame passes if one of them lets it. An identifier of more
/// than three digits is one of 29 bits. Throws InputError.
std::vector<can_filter> parse_can_filters(std::string_view text);

/// Whether a frame passes as the kernel would decide; without filters every frame does.
bool passes(const std::vector<can_filter>& filters, const can_frame& frame);

}  // namespace bmsrig
