// "127.0.0.1:9464": where to listen.
#pragma once

#include <string>

namespace bmsrig {

struct ListenAddress {
    std::string host;  ///< numeric; IPv6 without brackets
    int port = 0;      ///< 0: any free one
    bool is_ipv6 = false;
    bool is_loopback = false;

    /// "127.0.0.1:9464", "[::1]:9464".
    [[nodiscard]] std::string text() const;
};

/// Takes a numeric IPv4 address, an IPv6 one in brackets or "localhost", a colon, and a port of 0
/// .. 65535. Names are not looked up. Throws InputError that says what was expected.
ListenAddress parse_listen_address(const std::string& text);

/// A TCP connection to an address, for as long as it lives; without one if nobody listens there.
class Connection {
  public:
    explicit Connection(const ListenAddress& address);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] bool is_open() const { return socket_ >= 0; }
    /// Sends all of `text`, then returns all that comes until the other side closes.
    [[nodiscard]] std::string ask(const std::string& text) const;

  private:
    int socket_ = -1;
};

}  // namespace bmsrig
