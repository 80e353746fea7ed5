#include "drivers/instrument_server/scpi_port.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <tuple>
#include <vector>

#include "drivers/common/pty.h"
#include "drivers/instrument_server/scpi_session.h"
#include "rig/error.h"
#include "rig/metrics/listen_address.h"

namespace bmsrig::scpi_server {

namespace {

using boost::asio::ip::tcp;

class TcpPort final : public Port {
  public:
    TcpPort(const ListenAddress& address, Device& device, PortOptions options, PortOwner owner)
        : device_(device),
          options_(std::move(options)),
          owner_(std::move(owner)),
          acceptor_(owner_.reactor.io()),
          address_(address) {
        const tcp::endpoint end(boost::asio::ip::make_address(address.host),
                                static_cast<std::uint16_t>(address.port));
        try {
            acceptor_.open(end.protocol());
            acceptor_.set_option(tcp::acceptor::reuse_address(true));
            acceptor_.bind(end);
            acceptor_.listen();
        } catch (const boost::system::system_error& problem) {
            throw InstrumentError("nothing can be served at " + address.text() + ": " +
                                  problem.code().message() +
                                  "; choose another port, or 0 for any free one");
        }
        address_.port = acceptor_.local_endpoint().port();
        accept();
    }
    ~TcpPort() override {
        for (const auto& session : sessions_) session->close();
    }
    TcpPort(const TcpPort&) = delete;
    TcpPort& operator=(const TcpPort&) = delete;

    [[nodiscard]] std::string address() const override { return "tcp " + address_.text(); }

  private:
    void accept() {
        acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
            if (error == boost::asio::error::operation_aborted) return;  // this is gone
            std::erase_if(sessions_, [](const auto& session) { return !session->is_open(); });
            const auto most = static_cast<std::size_t>(options_.connections);
            if (!error && (most == 0 || sessions_.size() < most)) {
                boost::system::error_code ignored;
                std::ignore = socket.set_option(tcp::no_delay(true), ignored);
                sessions_.push_back(std::make_shared<Session<tcp::socket>>(
                    std::move(socket), device_, options_, owner_));
                sessions_.back()->start();
            }
            accept();
        });
    }

    Device& device_;
    PortOptions options_;
    PortOwner owner_;
    tcp::acceptor acceptor_;
    ListenAddress address_;
    std::vector<std::shared_ptr<Session<tcp::socket>>> sessions_;
};

class PtyPort final : public Port {
  public:
    PtyPort(Device& device, PortOptions options, PortOwner owner)
        : options_(std::move(options)), owner_(std::move(owner)) {
        using Stream = boost::asio::posix::stream_descriptor;
        session_ = std::make_shared<Session<Stream>>(
            Stream(owner_.reactor.io(), ::dup(pty_.descriptor())), device, options_, owner_);
        session_->start();
    }
    ~PtyPort() override { session_->close(); }
    PtyPort(const PtyPort&) = delete;
    PtyPort& operator=(const PtyPort&) = delete;

    [[nodiscard]] std::string address() const override {
        return "serial " + pty_.path() + " 115200";
    }

  private:
    Pty pty_;
    PortOptions options_;
    PortOwner owner_;
    std::shared_ptr<Session<boost::asio::posix::stream_descriptor>> session_;
};

bool take_yes(InstrumentSpec& serve, std::string_view key) {
    const std::string word = serve.word(key, "no");
    if (word == "yes" || word == "no") return word == "yes";
    throw InputError(serve.file, serve.line,
                     "serve." + serve.name + "." + std::string(key) + ": \"" + word +
                         "\" stands here; expected yes or no");
}

}  // namespace

PortOptions take_port_options(InstrumentSpec& serve) {
    constexpr double most_seconds = 60;
    constexpr int most = 1'000'000;
    PortOptions options;
    options.listen = serve.word("listen", options.listen);
    options.latency =
        duration_from_seconds(serve.number("latency", Unit::second, 0, 0, most_seconds));
    options.byte_pacing =
        duration_from_seconds(serve.number("byte_pacing", Unit::second, 0, 0, most_seconds));
    options.connections = serve.integer("connections", 0, 0, most);
    options.interrupts = take_yes(serve, "interrupts");
    const std::string line_end = serve.word("line_end", "LF");
    if (line_end != "LF" && line_end != "CRLF") {
        throw InputError(serve.file, serve.line,
                         "serve." + serve.name + ".line_end: \"" + line_end +
                             "\" stands here; expected LF or CRLF");
    }
    options.line_end = line_end == "LF" ? "\n" : "\r\n";
    options.drops_connection_after = serve.integer("drops_connection_after", 0, 0, most);
    options.silent_after = serve.integer("silent_after", 0, 0, most);
    options.garbage_every = serve.integer("garbage_every", 0, 0, most);
    options.half_lines_every = serve.integer("half_lines_every", 0, 0, most);
    options.talks_unasked_every = serve.integer("talks_unasked_every", 0, 0, most);
    options.errors_every = serve.integer("errors_every", 0, 0, most);
    return options;
}

std::unique_ptr<Port> Port::open(Device& device, const PortOptions& options,
                                 const PortOwner& owner) {
    if (options.listen == "pty") return std::make_unique<PtyPort>(device, options, owner);
    constexpr std::string_view tcp_prefix = "tcp ";
    if (!options.listen.starts_with(tcp_prefix)) {
        throw InputError("listen: \"" + options.listen +
                         "\" stands here; expected \"tcp 127.0.0.1:0\" or \"pty\"");
    }
    return std::make_unique<TcpPort>(parse_listen_address(options.listen.substr(tcp_prefix.size())),
                                     device, options, owner);
}

}  // namespace bmsrig::scpi_server
