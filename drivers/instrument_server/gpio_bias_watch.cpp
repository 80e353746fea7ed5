#include "drivers/instrument_server/gpio_bias_watch.h"

#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

Bias bias_of(const gpio_v2_line_info& info) {
    if ((info.flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP) != 0) return Bias::up;
    if ((info.flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN) != 0) return Bias::down;
    return Bias::none;
}

[[noreturn]] void fail(const std::string& chip, const std::string& what) {
    throw InstrumentError(chip + " could not be " + what + " (" + std::strerror(errno) +
                          "); expected a GPIO chip of a kernel from 5.10 on, which this user may "
                          "open");
}

}  // namespace

GpioBiasWatch::GpioBiasWatch(Reactor& reactor, const std::string& chip,
                             std::vector<unsigned> offsets, Listener listener)
    : chip_(open(chip.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK)),
      offsets_(std::move(offsets)),
      listener_(std::move(listener)) {
    if (!chip_.is_open()) fail(chip, "opened");
    for (const unsigned offset : offsets_) {
        gpio_v2_line_info info{};
        info.offset = offset;
        if (ioctl(chip_.number(), GPIO_V2_GET_LINEINFO_WATCH_IOCTL, &info) < 0) {
            fail(chip, "watched");
        }
    }
    watch_ = std::make_unique<DescriptorWatch>(reactor, chip_.number(), [this] { read(); });
}

void GpioBiasWatch::read() {
    std::array<gpio_v2_line_info_changed, 16> changes{};
    for (;;) {
        const ssize_t size = ::read(chip_.number(), changes.data(), sizeof changes);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) fail("the GPIO chip", "watched any longer");
        const std::size_t count = static_cast<std::size_t>(size) / sizeof changes[0];
        for (std::size_t i = 0; i < count; ++i) {
            // A line that is let go keeps what it had: its next owner says what that is.
            if (changes.at(i).event_type == GPIO_V2_LINE_CHANGED_RELEASED) continue;
            const auto line = std::ranges::find(offsets_, changes.at(i).info.offset);
            if (line == offsets_.end()) continue;
            listener_(static_cast<std::size_t>(line - offsets_.begin()),
                      bias_of(changes.at(i).info));
        }
    }
}

}  // namespace bmsrig
