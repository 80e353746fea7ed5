#include "drivers/hosted_uut/hosted_uut.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <sstream>
#include <tuple>
#include <utility>

#include "drivers/hosted_uut/line_text.h"
#include "rig/error.h"
#include "rig/instruments/uut_host.h"

namespace bmsrig {

namespace {

using boost::asio::ip::tcp;

constexpr std::size_t longest_line = 65536;

class HostedUutDriver final : public UutHost {
  public:
    HostedUutDriver(std::string name, std::string host, std::string port, Duration start_timeout,
                    Duration answer_timeout, Reactor& reactor)
        : name_(std::move(name)),
          host_(std::move(host)),
          port_(std::move(port)),
          start_timeout_(start_timeout),
          answer_timeout_(answer_timeout),
          reactor_(reactor),
          socket_(reactor.io()) {
        connect();
    }
    ~HostedUutDriver() override {
        *is_alive_ = false;
        boost::system::error_code ignored;
        std::ignore = socket_.close(ignored);
    }
    HostedUutDriver(const HostedUutDriver&) = delete;
    HostedUutDriver& operator=(const HostedUutDriver&) = delete;

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return 1; }

    Identity identify() override {
        std::istringstream parts(ask("identify", "identity", answer_timeout_));
        Identity identity;
        std::getline(parts, identity.manufacturer, ',');
        std::getline(parts, identity.model, ',');
        std::getline(parts, identity.serial, ',');
        std::getline(parts, identity.firmware, ',');
        return identity;
    }

    HostedGreeting power_on(const HostedUut& uut) override {
        std::string request;
        for (const auto& [setting, value] : uut.settings) {
            request += "set " + on_one_line(setting + "=" + value) + "\n";
        }
        if (!uut.command.empty()) request += "command " + on_one_line(uut.command) + "\n";
        const std::string answer = ask(request + "on", "running", start_timeout_);
        const auto space = answer.find(' ');
        if (space == std::string::npos) fail("\"running " + answer + "\" names no firmware");
        is_on_ = true;
        return {answer.substr(0, space), answer.substr(space + 1)};
    }

    void power_off() override {
        if (!is_on_) return;
        is_on_ = false;
        static_cast<void>(ask("off", "off", answer_timeout_));
    }

    void on_log(LogListener listener) override { log_ = std::move(listener); }
    void make_safe() override { power_off(); }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t) override { power_off(); }

    [[nodiscard]] std::vector<SafeAction> safe_actions() const override {
        if (!socket_.is_open()) return {};
        SafeAction action;
        action.does = "switches the UUT of \"" + name_ + "\" at " + host_ + ":" + port_ + " off";
        action.descriptor = descriptor_;
        const std::string_view bytes = "\noff\n";
        action.bytes.assign(bytes.begin(), bytes.end());
        action.answer = "off";
        return {action};
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw InstrumentError("instrument \"" + name_ + "\" (hosted_uut at " + host_ + ":" + port_ +
                              "): " + problem);
    }

    void connect() {
        boost::system::error_code error;
        tcp::resolver resolver(reactor_.io());
        const auto ends = resolver.resolve(host_, port_, error);
        if (!error) boost::asio::connect(socket_, ends, error);
        if (error) {
            fail(error.message() + "; expected `bmsrig instruments` to run there");
        }
        std::ignore = socket_.set_option(tcp::no_delay(true), error);
        descriptor_ = socket_.native_handle();
        read();
    }

    void read() {
        boost::asio::async_read_until(
            socket_, boost::asio::dynamic_buffer(input_, longest_line), '\n',
            [this, is_alive = is_alive_](boost::system::error_code error, std::size_t size) {
                if (!*is_alive) return;
                if (error) {
                    boost::system::error_code ignored;
                    std::ignore = socket_.close(ignored);
                    lost_ = error.message();
                    if (is_on_) fail("the connection was lost: " + lost_);
                    return;
                }
                const std::string line = input_.substr(0, size - 1);
                input_.erase(0, size);
                read();
                take(line);
            });
    }

    /// What nobody waits for reaches the test by itself.
    void take(const std::string& line) {
        const auto space = std::min(line.find(' '), line.size());
        const std::string word = line.substr(0, space);
        const std::string rest =
            space < line.size() ? from_one_line(line.substr(space + 1)) : std::string();
        if (word == "log") {
            if (log_) log_(rest);
        } else if (word == "failed") {
            is_on_ = false;
            throw LinkError(rest);
        } else if (waits_) {
            answers_.emplace_back(word, rest);
        } else {
            fail("it said \"" + line.substr(0, 100) + "\" without being asked");
        }
    }

    /// The text behind `expected`. Throws LinkError for what the host refuses.
    std::string ask(const std::string& request, const std::string& expected, Duration timeout) {
        if (!socket_.is_open()) fail("the connection was lost: " + lost_);
        boost::system::error_code error;
        boost::asio::write(socket_, boost::asio::buffer(request + "\n"), error);
        if (error) fail("the connection was lost: " + error.message());
        answers_.clear();
        waits_ = true;
        const bool in_time =
            reactor_.wait([this] { return !answers_.empty() || !socket_.is_open(); }, timeout);
        waits_ = false;
        if (!in_time) {
            fail("no answer to \"" + request.substr(request.rfind('\n') + 1) + "\" within " +
                 format_duration(timeout));
        }
        if (answers_.empty()) fail("the connection was lost: " + lost_);
        const auto [word, rest] = answers_.front();
        if (word == "error") throw LinkError(rest);
        if (word != expected) {
            fail("\"" + word + "\" was answered; expected \"" + expected + "\"");
        }
        return rest;
    }

    std::string name_;
    std::string host_;
    std::string port_;
    Duration start_timeout_;
    Duration answer_timeout_;
    Reactor& reactor_;
    tcp::socket socket_;
    int descriptor_ = -1;
    std::string input_;
    std::deque<std::pair<std::string, std::string>> answers_;
    LogListener log_;
    std::string lost_;
    bool waits_ = false;
    bool is_on_ = false;
    std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Instrument> make_hosted_uut(InstrumentSpec& spec, const DriverContext& context) {
    constexpr double most_seconds = 600;
    const std::string address = spec.word("address", "");
    constexpr std::string_view prefix = "tcp ";
    const auto colon = address.rfind(':');
    if (!address.starts_with(prefix) || colon == std::string::npos) {
        throw InputError(spec.file, spec.line,
                         "instruments." + spec.name + ".address: \"" + address +
                             "\" stands here; expected \"tcp 127.0.0.1:40113\"");
    }
    const auto timeout = [&](std::string_view key, double otherwise) {
        return duration_from_seconds(spec.number(key, Unit::second, otherwise, 0, most_seconds));
    };
    return std::make_unique<HostedUutDriver>(
        spec.name, address.substr(prefix.size(), colon - prefix.size()), address.substr(colon + 1),
        timeout("start_timeout", 15), timeout("answer_timeout", 2), require_reactor(spec, context));
}

}  // namespace bmsrig
