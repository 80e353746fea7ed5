// The wire to a SCPI instrument, TCP socket or serial port alike: opened with a limit of time,
// written without waiting, read as lines.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/scpi/address.h"
#include "rig/link/file_descriptor.h"
#include "rig/reactor.h"

namespace bmsrig::scpi {

class Connection {
  public:
    /// An answer without its line end. May throw.
    using OnLine = std::function<void(std::string_view line)>;
    /// The connection has ended by itself, and why: "was closed ...". May throw.
    using OnLost = std::function<void(const std::string& problem)>;

    Connection(Reactor& reactor, Address address, OnLine on_line, OnLost on_lost);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const Address& address() const { return address_; }
    [[nodiscard]] bool is_open() const { return stream_.is_open(); }
    /// -1 while it is closed.
    [[nodiscard]] int descriptor() const;
    /// What has come of an answer that is not complete.
    [[nodiscard]] const std::string& half_line() const { return received_; }

    /// Opens it; handlers alone run meanwhile. What went wrong, in words; empty: it is open.
    std::string open(Duration timeout);
    /// Never waits: what the kernel does not take at once leaves when it does.
    void send(std::string_view bytes);
    /// Takes what has arrived and not been told of yet.
    void receive();
    void close();

  private:
    std::string connect(Duration timeout);
    std::string open_port();
    void adopt(int descriptor);
    void await_input();
    void await_room();
    std::size_t write_some(std::string_view bytes);
    void take(std::size_t count, const boost::system::error_code& problem);
    void hand_on();
    void lose(const std::string& problem);

    Reactor& reactor_;
    Address address_;
    OnLine on_line_;
    OnLost on_lost_;
    boost::asio::posix::stream_descriptor stream_;
    link::FileDescriptor former_;  ///< of the connection before, once closed
    std::vector<boost::asio::ip::tcp::endpoint> endpoints_;  // asked for once
    std::array<char, 4096> bytes_{};                         // as they come
    std::string received_;                                   // what is not a whole line yet
    std::string to_send_;                                    // what the kernel has not taken
    std::string ended_;                                      // why it has ended, not told yet
    bool awaits_input_ = false;
    bool awaits_room_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // handlers may come after the end
};

}  // namespace bmsrig::scpi
