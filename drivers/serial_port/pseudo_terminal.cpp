#include "drivers/serial_port/pseudo_terminal.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "rig/error.h"

namespace bmsrig {

PseudoTerminal::PseudoTerminal()
    : end_(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    std::array<char, 64> path{};
    if (!end_.is_open() || ::grantpt(end_.number()) != 0 || ::unlockpt(end_.number()) != 0 ||
        ::ptsname_r(end_.number(), path.data(), path.size()) != 0) {
        throw InstrumentError(
            "no pseudo terminal can be made: " + std::system_category().message(errno) +
            "; expected /dev/ptmx and a mounted /dev/pts");
    }
    path_ = path.data();
    // Whoever opens it first finds it raw: nothing is translated or echoed before it is set.
    termios2 settings{};
    if (::ioctl(end_.number(), TCGETS2, &settings) == 0) {
        settings.c_iflag = 0;
        settings.c_oflag = 0;
        settings.c_lflag = 0;
        ::ioctl(end_.number(), TCSETS2, &settings);
    }
}

std::uint32_t PseudoTerminal::bit_rate() const {
    termios2 settings{};
    return ::ioctl(end_.number(), TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}

}  // namespace bmsrig
