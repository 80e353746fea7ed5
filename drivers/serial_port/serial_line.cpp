#include "drivers/serial_port/serial_line.h"

// Not <termios.h>: it knows only the bit rates of POSIX, and the two cannot stand together.
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

bool is_pseudo_terminal(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && major(status.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
           major(status.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
}

/// What a port works at that was set to a rate. The UARTs of a PC divide their clock by a whole
/// number and do not tell what came of it: 56,000 bit/s out of 115,200 are 57,600.
std::uint32_t rate_in_force(int descriptor, std::uint32_t told) {
    struct stat status {};
    serial_struct uart{};
    if (::fstat(descriptor, &status) != 0 || major(status.st_rdev) != TTY_MAJOR ||
        ::ioctl(descriptor, TIOCGSERIAL, &uart) != 0 || uart.baud_base <= 0) {
        return told;
    }
    const auto clock = static_cast<std::uint32_t>(uart.baud_base);
    return clock / std::max(1U, (clock + told / 2) / told);
}

/// The process that has a device open, as "process 1234 (minicom)"; empty if none is to be seen.
std::string holder_of(const std::string& device) {
    namespace fs = std::filesystem;
    std::error_code none;
    const fs::path wanted = fs::canonical(device, none);
    for (const auto& process : fs::directory_iterator("/proc", none)) {
        const std::string number = process.path().filename().string();
        if (number.find_first_not_of("0123456789") != std::string::npos) continue;
        for (const auto& file : fs::directory_iterator(process.path() / "fd", none)) {
            std::error_code gone;
            if (fs::read_symlink(file.path(), gone) != wanted || gone) continue;
            std::string name;
            std::getline(std::ifstream(process.path() / "comm"), name);
            return "process " + number + " (" + name + ")";
        }
    }
    return "";
}

std::string in_words(const std::string& device, int problem) {
    switch (problem) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return "there is no serial port " + device +
                   "; plug the adapter in, or name another port in the bench file (\"ls "
                   "/dev/serial/by-id\" lists those of USB adapters)";
        case EACCES:
        case EPERM:
            return "no permission to open " + device +
                   "; add the user to the group that owns it with \"sudo usermod -aG dialout "
                   "$USER\" and log in again";
        case EBUSY: {
            const std::string holder = holder_of(device);
            return device + " is in use by " +
                   (holder.empty() ? "another process, of another user" : holder) +
                   "; end that, or name another port in the bench file";
        }
        case EIO:
            return device +
                   " has vanished: its USB adapter was pulled out or reset; plug it in, "
                   "the next test opens it again";
        case ENOTTY:
            return device + " is no serial port";
        default:
            return device + ": " + std::system_category().message(problem);
    }
}

}  // namespace

SerialLine::SerialLine(std::string who, std::string device, std::uint32_t bit_rate,
                       DirectionControl direction)
    : who_(std::move(who)), device_(std::move(device)), direction_(direction) {
    open();
    set_bit_rate(bit_rate);
    set_direction();
    discard();
}

void SerialLine::open() {
    // Without O_NONBLOCK a port with modem lines waits for a carrier.
    file_ =
        link::FileDescriptor(::open(device_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!file_.is_open()) fail("cannot be opened");
    claim();
    // Where the driver collects bytes (FTDI: for 16 ms), it is told not to. Not every driver can.
    serial_struct settings{};
    if (::ioctl(file_.number(), TIOCGSERIAL, &settings) == 0) {
        settings.flags |= static_cast<int>(ASYNC_LOW_LATENCY);
        ::ioctl(file_.number(), TIOCSSERIAL, &settings);
    }
}

/// Nobody else is to read or send here: neither who asks (flock) nor who does not (TIOCEXCL). A
/// pseudo terminal would keep the second mark after this process has died.
void SerialLine::claim() {
    int is_exclusive = 0;
    // Root opens a port in spite of that mark.
    if (::ioctl(file_.number(), TIOCGEXCL, &is_exclusive) == 0 && is_exclusive != 0) errno = EBUSY;
    if (is_exclusive != 0 || ::flock(file_.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) errno = EBUSY;
        fail("cannot be opened");
    }
    if (!is_pseudo_terminal(file_.number()) && ::ioctl(file_.number(), TIOCEXCL) != 0)
        fail("cannot be opened");
}

void SerialLine::set_bit_rate(std::uint32_t bit_rate) {
    termios2 settings{};
    if (::ioctl(file_.number(), TCGETS2, &settings) != 0) fail("cannot be set");
    settings.c_iflag = INPCK | PARMRK;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT);
    settings.c_ispeed = bit_rate;
    settings.c_ospeed = bit_rate;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (::ioctl(file_.number(), TCSETS2, &settings) != 0 ||
        ::ioctl(file_.number(), TCGETS2, &settings) != 0) {
        fail("cannot be set to " + std::to_string(bit_rate) + " bit/s");
    }
    // A driver takes the nearest rate that its divider gives; a UART bears 2 % on each side.
    const std::uint32_t got = rate_in_force(file_.number(), settings.c_ospeed);
    if (got < bit_rate - bit_rate / 50 || got > bit_rate + bit_rate / 50) {
        throw InstrumentError(who_ + ": " + device_ + " cannot work at " +
                              std::to_string(bit_rate) + " bit/s, the nearest it has is " +
                              std::to_string(got) + "; expected within 2 %, use another adapter");
    }
}

void SerialLine::set_direction() {
    if (direction_ == DirectionControl::kernel) {
        serial_rs485 mode{};
        mode.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
        if (::ioctl(file_.number(), TIOCSRS485, &mode) != 0) direction_ = DirectionControl::adapter;
    }
    if (direction_ == DirectionControl::rts) drive_rts(false);
}

std::size_t SerialLine::read(std::span<std::uint8_t> into) {
    const ssize_t got = ::read(file_.number(), into.data(), into.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got == 0) errno = EIO;  // hung up
    fail("cannot be read");
}

std::size_t SerialLine::write(std::span<const std::uint8_t> bytes) {
    const ssize_t put = ::write(file_.number(), bytes.data(), bytes.size());
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("cannot be written to");
}

bool SerialLine::has_left() {
    int queued = 0;
    if (::ioctl(file_.number(), TIOCOUTQ, &queued) == 0 && queued > 0) return false;
    unsigned state = 0;
    // Where the port does not tell, the queue is all there is to go by.
    return ::ioctl(file_.number(), TIOCSERGETLSR, &state) != 0 || (state & TIOCSER_TEMT) != 0;
}

void SerialLine::drive_rts(bool sends) {
    int line = TIOCM_RTS;
    if (::ioctl(file_.number(), sends ? TIOCMBIS : TIOCMBIC, &line) != 0) {
        fail(
            "has no line RTS to switch an RS-485 driver with (\"rs485: none\" if it switches by "
            "itself)");
    }
}

void SerialLine::discard() {
    ::ioctl(file_.number(), TCFLSH, TCIOFLUSH);
}

void SerialLine::fail(const std::string& doing) {
    const int problem = errno;
    throw InstrumentError(who_ + ": " + device_ + " " + doing + ": " + in_words(device_, problem));
}

std::uint32_t bit_rate_of(int descriptor) {
    termios2 settings{};
    return ::ioctl(descriptor, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}

}  // namespace bmsrig
