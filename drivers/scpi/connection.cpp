#include "drivers/scpi/connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/serial_port.hpp>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "drivers/scpi/values.h"

namespace bmsrig::scpi {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// No answer of a bench instrument is as long; what is has lost its line ends.
constexpr std::size_t longest_line = std::size_t{1} << 16U;
constexpr std::size_t most_to_send = std::size_t{1} << 20U;

std::string in_words(int problem) {
    return std::generic_category().message(problem);
}

}  // namespace

Connection::Connection(Reactor& reactor, Address address, OnLine on_line, OnLost on_lost)
    : reactor_(reactor),
      address_(std::move(address)),
      on_line_(std::move(on_line)),
      on_lost_(std::move(on_lost)),
      stream_(reactor.io()) {}

Connection::~Connection() {
    close();
}

int Connection::descriptor() const {
    // The library's own function is not const, though it changes nothing.
    return is_open() ? const_cast<asio::posix::stream_descriptor&>(stream_).native_handle() : -1;
}

std::string Connection::open(Duration timeout) {
    if (is_open()) return "";
    return address_.kind == Address::Kind::tcp ? connect(timeout) : open_port();
}

std::string Connection::connect(Duration timeout) {
    error_code problem;
    if (endpoints_.empty()) {
        asio::ip::tcp::resolver resolver(reactor_.io());
        for (const auto& found : resolver.resolve(address_.host, address_.port, problem)) {
            endpoints_.push_back(found.endpoint());
        }
        if (endpoints_.empty()) {
            return "has a name that leads nowhere (" + problem.message() +
                   "); expected its name in this network, or its IP address";
        }
    }
    // Many instruments serve one connection only: the one before ends, whoever has a copy of it.
    if (former_.is_open()) ::shutdown(former_.number(), SHUT_RDWR);
    former_.close();
    struct Attempt {
        asio::ip::tcp::socket socket;
        error_code problem{};
        bool ended = false;
    };
    const auto attempt = std::make_shared<Attempt>(Attempt{asio::ip::tcp::socket(reactor_.io())});
    asio::async_connect(attempt->socket, endpoints_,
                        [attempt](const error_code& found, const auto& /*endpoint*/) {
                            attempt->problem = found;
                            attempt->ended = true;
                        });
    if (!reactor_.wait_alone([&] { return attempt->ended; }, timeout)) {
        std::ignore = attempt->socket.close(problem);
        return "did not take a connection within " + format_duration(timeout) +
               "; expected it to be switched on and on this network";
    }
    if (attempt->problem == asio::error::connection_refused) {
        return "refused the connection: nothing listens there; expected the instrument at this "
               "address, with its socket server switched on and no other program connected";
    }
    if (attempt->problem) {
        return "cannot be connected to: " + attempt->problem.message() +
               "; expected it to be switched on and on this network";
    }
    std::ignore = attempt->socket.set_option(asio::ip::tcp::no_delay(true), problem);
    adopt(attempt->socket.release());
    return "";
}

std::string Connection::open_port() {
    error_code problem;
    asio::serial_port port(reactor_.io());
    std::ignore = port.open(address_.path, problem);
    if (problem) {
        return "cannot be opened: " + problem.message() +
               "; expected a serial port that this user may open";
    }
    std::ignore = port.set_option(asio::serial_port::baud_rate(address_.bit_rate), problem);
    if (problem) return "cannot work at " + std::to_string(address_.bit_rate) + " bit/s";
    const int descriptor = ::dup(port.native_handle());  // the library does not give its own away
    if (descriptor < 0) return "cannot be opened: " + in_words(errno);
    adopt(descriptor);
    return "";
}

void Connection::adopt(int descriptor) {
    received_.clear();
    to_send_.clear();
    ended_.clear();
    awaits_input_ = false;
    awaits_room_ = false;
    stream_.assign(descriptor);
    stream_.non_blocking(true);
    await_input();
}

/// The guard may have a copy and still need it: the instrument is told of the end by connect().
void Connection::close() {
    if (is_open() && address_.kind == Address::Kind::tcp) {
        former_ = link::FileDescriptor(::fcntl(descriptor(), F_DUPFD_CLOEXEC, 0));
    }
    error_code ignored;
    std::ignore = stream_.close(ignored);
}

/// Reads rather than waits for something to read: a system call less for each answer.
void Connection::await_input() {
    if (awaits_input_) return;
    awaits_input_ = true;
    stream_.async_read_some(
        asio::buffer(bytes_),
        [this, alive = std::weak_ptr(alive_)](const error_code& problem, std::size_t count) {
            if (problem == asio::error::operation_aborted || alive.expired()) return;
            awaits_input_ = false;
            take(count, problem);
            if (ended_.empty()) await_input();
            hand_on();
        });
}

void Connection::receive() {
    if (!is_open()) return;
    std::array<char, 4096> bytes{};
    const auto count = ::read(descriptor(), bytes.data(), bytes.size());
    // Whatever else it is, the read that is under way is told of it as well.
    if (count > 0) received_.append(bytes.data(), static_cast<std::size_t>(count));
    hand_on();
}

void Connection::take(std::size_t count, const error_code& problem) {
    received_.append(bytes_.data(), count);
    if (problem == asio::error::eof || problem == asio::error::connection_reset ||
        problem == error_code(EIO, boost::system::system_category())) {
        ended_ = "was closed by the instrument";
    } else if (problem) {
        ended_ = "broke down: " + problem.message();
    } else if (received_.size() > longest_line && received_.find('\n') == std::string::npos) {
        ended_ = "was given up: " + std::to_string(received_.size()) +
                 " bytes came without a line end; expected an answer that ends with one";
        received_.clear();
    }
}

/// Hands lines on one by one. A line that makes somebody throw does not take the others with it.
void Connection::hand_on() {
    while (is_open()) {
        const auto end = received_.find('\n');
        if (end == std::string::npos) break;
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        try {
            on_line_(line);
        } catch (...) {
            if (received_.find('\n') != std::string::npos || !ended_.empty()) {
                asio::post(reactor_.io(), [this, alive = std::weak_ptr(alive_)] {
                    if (!alive.expired()) hand_on();
                });
            }
            throw;
        }
    }
    if (!ended_.empty()) lose(std::exchange(ended_, ""));
}

void Connection::lose(const std::string& problem) {
    if (!is_open()) return;
    const bool in_the_middle = !received_.empty();
    close();
    on_lost_(problem + (in_the_middle
                            ? " in the middle of an answer (half a line: " + shown(received_) + ")"
                            : std::string()));
}

void Connection::send(std::string_view bytes) {
    if (!is_open()) return;
    if (to_send_.empty()) bytes.remove_prefix(write_some(bytes));
    if (bytes.empty() || !is_open()) return;
    to_send_ += bytes;
    if (to_send_.size() > most_to_send) {
        lose("was given up: the instrument takes no more commands");
    } else {
        await_room();
    }
}

/// How much of it the kernel has taken. Of a connection that has ended it takes everything: the end
/// is told when it is read, after what the instrument still said.
std::size_t Connection::write_some(std::string_view bytes) {
    const bool is_socket = address_.kind == Address::Kind::tcp;
    std::size_t written = 0;
    while (written < bytes.size()) {
        const std::string_view rest = bytes.substr(written);
        const auto count = is_socket ? ::send(descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL)
                                     : ::write(descriptor(), rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? written : bytes.size();
        written += static_cast<std::size_t>(count);
    }
    return written;
}

void Connection::await_room() {
    if (awaits_room_) return;
    awaits_room_ = true;
    stream_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [this, alive = std::weak_ptr(alive_)](const error_code& problem) {
                           if (problem || alive.expired()) return;
                           awaits_room_ = false;
                           to_send_.erase(0, write_some(to_send_));
                           if (!to_send_.empty()) await_room();
                       });
}

}  // namespace bmsrig::scpi
