#include "drivers/socketcan/can_socket.h"

#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "drivers/socketcan/hardware_clock.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

namespace {

using link::FileDescriptor;

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

template <typename Value>
bool set_option(const FileDescriptor& socket, int level, int option, const Value& value) {
    return ::setsockopt(socket.number(), level, option, &value, sizeof value) == 0;
}

Duration from_timespec(const timespec& t) {
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

template <typename Value>
Value read_control(const cmsghdr& header) {
    Value value{};
    std::memcpy(&value, CMSG_DATA(&header), sizeof value);
    return value;
}

FileDescriptor open_raw(const std::string& interface, const std::vector<can_filter>& filters) {
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) throw_errno("if_nametoindex");
    FileDescriptor socket(::socket(PF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW));
    if (!socket.is_open()) throw_errno("socket");
    const can_err_mask_t every_error = CAN_ERR_MASK;
    const int on = 1;
    if (!set_option(socket, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, every_error) ||
        !set_option(socket, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, on) ||
        !set_option(socket, SOL_SOCKET, SO_RXQ_OVFL, on)) {
        throw_errno("setsockopt");
    }
    if (!filters.empty() &&
        ::setsockopt(socket.number(), SOL_CAN_RAW, CAN_RAW_FILTER, filters.data(),
                     static_cast<socklen_t>(filters.size() * sizeof(can_filter))) != 0) {
        throw_errno("setsockopt");
    }
    const int stamps = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE |
                       SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    if (!set_option(socket, SOL_SOCKET, SO_TIMESTAMPING, stamps) &&
        !set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, on)) {
        throw_errno("setsockopt");
    }
    // Some seconds of a full bus; without the privilege, as much as the system allows.
    const int room = 4 * 1024 * 1024;
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, room)) {
        set_option(socket, SOL_SOCKET, SO_RCVBUF, room);
    }
    sockaddr_can address{};
    address.can_family = AF_CAN;
    address.can_ifindex = static_cast<int>(index);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the sockets' interface is
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw_errno("bind");
    }
    return socket;
}

class LinuxCanSocket final : public CanSocket {
  public:
    LinuxCanSocket(Reactor& reactor, FileDescriptor socket)
        : reactor_(reactor),
          socket_(std::move(socket)),
          readiness_(reactor.io(), socket_.number()) {}
    // The descriptor has one owner.
    ~LinuxCanSocket() override { readiness_.release(); }

    void on_ready(std::function<void()> ready) override {
        ready_ = std::move(ready);
        wait();
    }

    std::optional<CanArrival> take() override {
        CanArrival arrival;
        iovec part{&arrival.frame, sizeof arrival.frame};
        std::array<char, 256> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(socket_.number(), &message, 0);
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) return std::nullopt;
            throw_errno("recvmsg");
        }
        arrival.is_own = (message.msg_flags & MSG_CONFIRM) != 0;
        read_controls(message, arrival);
        return arrival;
    }

    void check() override {
        int problem = 0;
        socklen_t size = sizeof problem;
        if (::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
            throw_errno("getsockopt");
        }
        if (problem != 0) throw std::system_error(problem, std::system_category());
    }

    bool put(const can_frame& frame) override {
        if (::send(socket_.number(), &frame, sizeof frame, 0) == sizeof frame) return true;
        if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) return false;
        throw_errno("send");
    }

    [[nodiscard]] int descriptor() const override { return socket_.number(); }

  private:
    void wait() {
        // What has been found ready already still runs after this socket is gone.
        readiness_.async_wait(
            boost::asio::posix::stream_descriptor::wait_read,
            [this, is_there = std::weak_ptr(is_there_)](const boost::system::error_code& no) {
                if (!no && !is_there.expired()) tell(is_there);
            });
    }

    void tell(const std::weak_ptr<bool>& is_there) {
        const auto ready = ready_;  // it may close this socket
        try {
            ready();
        } catch (...) {
            if (!is_there.expired()) wait();
            throw;
        }
        if (!is_there.expired()) wait();
    }

    void read_controls(msghdr& message, CanArrival& arrival) {
        Duration kernel{};
        Duration hardware{};
        for (const cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
             each = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(each))) {
            if (each->cmsg_level != SOL_SOCKET) continue;
            if (each->cmsg_type == SCM_TIMESTAMPING) {
                const auto stamps = read_control<scm_timestamping>(*each);
                kernel = from_timespec(stamps.ts[0]);
                hardware = from_timespec(stamps.ts[2]);
            } else if (each->cmsg_type == SCM_TIMESTAMPNS) {
                kernel = from_timespec(read_control<timespec>(*each));
            } else if (each->cmsg_type == SO_RXQ_OVFL) {
                lost_ = read_control<std::uint32_t>(*each);
            }
        }
        arrival.lost = lost_;
        if (kernel == Duration{}) {
            arrival.time = reactor_.now();
            return;
        }
        if (hardware != Duration{}) kernel = clock_.on_kernel_clock(hardware, kernel);
        arrival.time = reactor_.at_realtime(kernel);
    }

    Reactor& reactor_;
    FileDescriptor socket_;
    boost::asio::posix::stream_descriptor readiness_;
    std::function<void()> ready_;
    HardwareClock clock_;
    std::uint32_t lost_ = 0;
    std::shared_ptr<bool> is_there_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<CanSocket> open_can_socket(Reactor& reactor, const std::string& interface,
                                           const std::vector<can_filter>& filters) {
    return std::make_unique<LinuxCanSocket>(reactor, open_raw(interface, filters));
}

}  // namespace bmsrig
