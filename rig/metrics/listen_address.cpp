#include "rig/metrics/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr int highest_port = 65535;

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
    throw InputError("\"" + text.substr(0, 64) + "\" is no address to listen at: " + why +
                     "; expected an address and a port such as 127.0.0.1:9464 or [::1]:9464");
}

int parse_port(const std::string& text, std::string_view port) {
    int value = -1;
    const char* begin = std::to_address(port.begin());
    const char* end = std::to_address(port.end());
    const auto [stopped, problem] = std::from_chars(begin, end, value);
    if (port.empty() || problem != std::errc{} || stopped != end || value < 0 ||
        value > highest_port) {
        refuse(text, "the port is not a number from 0 to 65535");
    }
    return value;
}

}  // namespace

std::string ListenAddress::text() const {
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ListenAddress parse_listen_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) refuse(text, "it has no port");
    ListenAddress address;
    address.host = text.substr(0, colon);
    if (address.host == "localhost") address.host = "127.0.0.1";
    if (address.host.starts_with('[') && address.host.ends_with(']')) {
        address.is_ipv6 = true;
        address.host = address.host.substr(1, address.host.size() - 2);
    }

    in_addr v4{};
    in6_addr v6{};
    if (address.is_ipv6) {
        if (inet_pton(AF_INET6, address.host.c_str(), &v6) != 1)
            refuse(text, "the brackets hold no IPv6 address");
        address.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6) != 0;
    } else {
        if (inet_pton(AF_INET, address.host.c_str(), &v4) != 1)
            refuse(text, "the host is not a numeric address");
        constexpr std::uint32_t loopback_net = 127;
        address.is_loopback = ntohl(v4.s_addr) >> 24U == loopback_net;
    }
    address.port = parse_port(text, std::string_view(text).substr(colon + 1));
    return address;
}

Connection::Connection(const ListenAddress& address) {
    addrinfo hints{};
    hints.ai_family = address.is_ipv6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) !=
        0)
        return;
    socket_ = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (socket_ >= 0 && connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
        close(socket_);
        socket_ = -1;
    }
    freeaddrinfo(found);
}

Connection::~Connection() {
    if (is_open()) close(socket_);
}

std::string Connection::ask(const std::string& text) const {
    std::string answer;
    if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        return answer;
    std::array<char, 4096> block{};
    for (ssize_t count = 0; (count = recv(socket_, block.data(), block.size(), 0)) > 0;) {
        answer.append(block.data(), static_cast<std::size_t>(count));
    }
    return answer;
}

}  // namespace bmsrig
