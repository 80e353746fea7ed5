#include "drivers/common/pty.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "rig/error.h"

namespace bmsrig {

Pty::Pty() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    std::array<char, 64> name{};
    if (master_ >= 0 && grantpt(master_) == 0 && unlockpt(master_) == 0 &&
        ptsname_r(master_, name.data(), name.size()) == 0) {
        path_ = name.data();
        slave_ = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    }
    termios mode{};
    if (slave_ >= 0 && tcgetattr(slave_, &mode) == 0) {
        cfmakeraw(&mode);
        if (tcsetattr(slave_, TCSANOW, &mode) == 0) return;
    }
    const std::string reason = std::generic_category().message(errno);
    if (slave_ >= 0) ::close(slave_);
    if (master_ >= 0) ::close(master_);
    throw InstrumentError("no pseudo terminal could be opened: " + reason +
                          "; expected /dev/ptmx and /dev/pts to be there");
}

Pty::~Pty() {
    ::close(slave_);
    ::close(master_);
}

}  // namespace bmsrig
