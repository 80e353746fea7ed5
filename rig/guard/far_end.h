// For tests of the guard: an instrument at the other end of a pair of sockets, in the test itself.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rig/instruments/safe_action.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// What is sent to it the test reads: bytes that nobody takes are not done.
struct FarEnd {
    FarEnd() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::runtime_error("no sockets for the test");
        }
        near = link::FileDescriptor(ends[0]);
        far = link::FileDescriptor(ends[1]);
    }
    /// All that has come until now.
    [[nodiscard]] std::string received() const {
        std::array<char, 256> bytes{};
        const ssize_t size = ::recv(far.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    void say(std::string_view text) const {
        ::send(far.number(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    /// All that comes until this text or the connection's end.
    [[nodiscard]] std::string receive_until(std::string_view text) const {
        std::string all;
        std::array<char, 256> bytes{};
        ssize_t size = 0;
        while (all.find(text) == std::string::npos &&
               (size = ::recv(far.number(), bytes.data(), bytes.size(), 0)) > 0) {
            all.append(bytes.data(), static_cast<std::size_t>(size));
        }
        return all;
    }
    /// What the guard is to say to it.
    [[nodiscard]] SafeAction action(const std::string& instrument,
                                    std::string_view bytes = "off\n") const {
        SafeAction action;
        action.instrument = instrument;
        action.does = "switches \"" + instrument + "\" off";
        action.descriptor = near.number();
        action.bytes.assign(bytes.begin(), bytes.end());
        return action;
    }
    link::FileDescriptor near;
    link::FileDescriptor far;
};

}  // namespace bmsrig
