#include "drivers/instrument_server/uut_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <tuple>
#include <utility>

#include "drivers/hosted_uut/line_text.h"
#include "drivers/instrument_server/laboratory.h"
#include "rig/error.h"
#include "rig/metrics/listen_address.h"

namespace bmsrig {

namespace {

using boost::asio::ip::tcp;

constexpr std::size_t longest_line = 65536;

ListenAddress take_address(InstrumentSpec& serve) {
    const std::string text = serve.word("listen", "tcp 127.0.0.1:0");
    constexpr std::string_view prefix = "tcp ";
    if (text.starts_with(prefix)) {
        ListenAddress address = parse_listen_address(text.substr(prefix.size()));
        if (address.is_loopback) return address;
    }
    throw InputError(serve.file, serve.line,
                     "serve." + serve.name + ".listen: \"" + text +
                         "\" stands here; expected \"tcp 127.0.0.1:0\": a rig says which program "
                         "to start, so other machines are not let in");
}

}  // namespace

struct UutServer::Parts : std::enable_shared_from_this<Parts> {
    Parts(ListenAddress where, Laboratory& lab, const BridgeContext& given)
        : laboratory(lab),
          context(given),
          acceptor(given.reactor.io()),
          socket(given.reactor.io()),
          address(std::move(where)) {}

    void listen() {
        try {
            const tcp::endpoint end(boost::asio::ip::make_address(address.host),
                                    static_cast<std::uint16_t>(address.port));
            acceptor.open(end.protocol());
            acceptor.set_option(tcp::acceptor::reuse_address(true));
            acceptor.bind(end);
            acceptor.listen();
        } catch (const boost::system::system_error& problem) {
            throw InstrumentError("no UUT can be served at " + address.text() + ": " +
                                  problem.code().message() +
                                  "; choose another port, or 0 for any free one");
        }
        address.port = acceptor.local_endpoint().port();
        laboratory.on_failure(
            [this](std::string_view text) { say("failed " + on_one_line(text)); });
        accept();
    }

    void accept() {
        acceptor.async_accept(
            [self = shared_from_this()](boost::system::error_code error, tcp::socket next) {
                if (error == boost::asio::error::operation_aborted) return;
                if (!error) self->take_over(std::move(next));
                self->accept();
            });
    }

    void take_over(tcp::socket next) {
        boost::system::error_code ignored;
        std::ignore = socket.close(ignored);
        socket = std::move(next);
        std::ignore = socket.set_option(tcp::no_delay(true), ignored);
        ++connection;
        output.clear();
        is_writing = false;
        asked = {};
        read(std::make_shared<std::string>());
    }

    /// Each connection has an input of its own: the reading of one that was taken over ends later.
    void read(const std::shared_ptr<std::string>& input) {
        boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(*input, longest_line),
                                      '\n',
                                      [self = shared_from_this(), input, number = connection](
                                          boost::system::error_code error, std::size_t size) {
                                          if (number != self->connection) return;
                                          boost::system::error_code ignored;
                                          if (error) {
                                              std::ignore = self->socket.close(ignored);
                                              return;
                                          }
                                          const std::string line = input->substr(0, size - 1);
                                          input->erase(0, size);
                                          self->take(line);
                                          self->read(input);
                                      });
    }

    void take(std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) return;
        context.log("uut > " + std::string(line));
        const auto space = std::min(line.find(' '), line.size());
        const std::string_view word = line.substr(0, space);
        const std::string rest =
            from_one_line(space < line.size() ? line.substr(space + 1) : std::string_view());
        if (word == "identify") {
            say("identity " + identity);
        } else if (word == "set" && rest.find('=') != std::string::npos) {
            const auto equals = rest.find('=');
            asked.settings.emplace_back(rest.substr(0, equals), rest.substr(equals + 1));
        } else if (word == "command") {
            asked.command = rest;
        } else if (word == "on") {
            switch_on();
        } else if (word == "off") {
            switch_off();
        } else {
            say("error \"" + on_one_line(line.substr(0, 100)) +
                "\" is unknown; expected identify, set, command, on or off");
        }
    }

    void switch_on() {
        context.catch_up();
        try {
            const HostedGreeting greeting = laboratory.power_on(
                std::exchange(asked, {}),
                [this](std::string_view line) { say("log " + on_one_line(line)); });
            say("running " + greeting.product + " " + greeting.firmware);
        } catch (const Error& problem) {
            say("error " + on_one_line(problem.what()));
        }
    }

    void switch_off() {
        context.catch_up();
        try {
            laboratory.power_off();
            say("off");
        } catch (const Error& problem) {
            say("error " + on_one_line(problem.what()));
        }
    }

    void say(const std::string& line) {
        if (!socket.is_open()) return;
        context.log("uut < " + line);
        output += line + "\n";
        if (!is_writing) write();
    }
    void write() {
        is_writing = true;
        auto bytes = std::make_shared<std::string>(std::exchange(output, {}));
        boost::asio::async_write(socket, boost::asio::buffer(*bytes),
                                 [self = shared_from_this(), bytes, number = connection](
                                     boost::system::error_code error, std::size_t) {
                                     if (number != self->connection) return;
                                     self->is_writing = false;
                                     if (!error && !self->output.empty()) self->write();
                                 });
    }

    Laboratory& laboratory;
    BridgeContext context;
    tcp::acceptor acceptor;
    tcp::socket socket;
    ListenAddress address;
    std::string identity;
    HostedUut asked;
    std::string output;
    bool is_writing = false;
    int connection = 0;  ///< handlers of an older one do nothing
};

UutServer::UutServer(InstrumentSpec& serve, Laboratory& laboratory, const BridgeContext& context,
                     const std::string& fixture)
    : parts_(std::make_shared<Parts>(take_address(serve), laboratory, context)) {
    parts_->identity = "bmsrig,hosted UUT," + fixture + "," + BMSRIG_VERSION;
    parts_->listen();
}

UutServer::~UutServer() {
    ++parts_->connection;
    boost::system::error_code ignored;
    std::ignore = parts_->acceptor.close(ignored);
    std::ignore = parts_->socket.close(ignored);
    parts_->laboratory.on_failure({});
}

ServedAs UutServer::served_as() const {
    const std::string address = "tcp " + parts_->address.text();
    return {"hosted_uut", address, {{"address", address}}, {}};
}

}  // namespace bmsrig
