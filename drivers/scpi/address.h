// Where a SCPI instrument is reached: a raw TCP socket or a serial port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/bench.h"

namespace bmsrig::scpi {

struct Address {
    enum class Kind : unsigned char { tcp, serial };
    Kind kind = Kind::tcp;
    std::string host;  ///< of a TCP socket
    std::string port;
    std::string path;  ///< of a serial port
    std::uint32_t bit_rate = 0;
};

/// "tcp 127.0.0.1:5025", "serial /dev/ttyUSB0 115200": also how messages name it.
std::string to_string(const Address& address);

/// "tcp HOST:PORT", the port 5025 unless said, or "serial PATH BIT_RATE". Throws InputError that
/// quotes the text and shows right ones.
Address parse_address(std::string_view text);

/// The option `address`, or several by commas in `addresses`. Throws InputError with file and line
/// if there is none or one is wrong.
std::vector<Address> take_addresses(InstrumentSpec& spec);

}  // namespace bmsrig::scpi
