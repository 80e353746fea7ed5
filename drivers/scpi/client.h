// The client of a SCPI instrument: commands that wait for nothing, queries whose answers come in
// order, and the instrument's error queue read after every command in the same breath.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/scpi/connection.h"
#include "drivers/scpi/values.h"
#include "rig/reactor.h"

namespace bmsrig::scpi {

struct ClientSettings {
    std::string instrument;  ///< its name in the bench file, for messages
    /// Longest time from a query, or from the answer before, to its answer.
    Duration timeout = std::chrono::seconds{1};
    std::string error_query = "SYST:ERR?";  ///< empty: it has no error queue
    std::string line_end = "\n";
    /// How often it is looked after between commands; zero: not at all.
    Duration watch_interval{};
};

/// What goes wrong is an InstrumentError that names the instrument, its address and the commands.
/// It is thrown where somebody waits for the answer; what nobody waits for (refused commands, a
/// lost connection) is thrown at the call that lets time run. A connection that was lost or given
/// up stays so until open(): nobody knows what the instrument does meanwhile.
class Client {
  public:
    using Check = std::function<std::optional<std::string>(std::string_view answer)>;

    Client(Reactor& reactor, const Address& address, ClientSettings settings);
    /// Waits for the answers that are on their way, not longer than the timeout.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Connects if it is not, again and again with growing pauses for as long as `patience`;
    /// empties the error queue. Whether it connected anew. Lets handlers run alone.
    bool open(Duration patience);
    [[nodiscard]] bool is_open() const { return connection_.is_open(); }
    [[nodiscard]] int descriptor() const { return connection_.descriptor(); }
    [[nodiscard]] std::string address() const { return to_string(connection_.address()); }

    /// Sends a message and goes on.
    void command(std::string_view text);
    /// Several messages in one write.
    void commands(const std::vector<std::string>& texts);
    /// Sends a query and lets the rig run until its answer is here.
    std::string query(std::string_view text);
    /// The same while no test runs: handlers run alone.
    std::string query_alone(std::string_view text);
    /// Sends a query and goes on; the answer is checked when it comes.
    void expect(std::string_view query, Check check);
    /// A query that goes out after every command and at every watch_interval, and what its answer
    /// must be.
    void watch(std::string query, Check check);
    /// Lets handlers run alone until everything sent so far has been answered.
    void finish();

    /// Closes the connection and throws as fail() does.
    void give_up(const std::string& problem);
    /// Throws InstrumentError with the name and address of the instrument before `problem`.
    [[noreturn]] void fail(const std::string& problem) const;
    /// The answer to a query as a number. Throws InstrumentError for what is none, and for an
    /// overload. NaN is a number here: the terminals float.
    [[nodiscard]] double number(std::string_view query, std::string_view answer) const;

  private:
    struct Answer {
        std::optional<std::string> text;
    };
    struct Pending {
        std::string query;
        std::shared_ptr<Answer> answer;  // of query()
        Check check;                     // of expect() and watch()
        std::uint64_t covers = 0;        // of the error query: the commands up to this one
    };
    struct Sent {
        std::uint64_t number = 0;
        std::string text;
    };

    void require_open() const;
    void put(std::string_view text);
    void put_query(Pending pending);
    void ask_for_errors();
    void flush();
    std::shared_ptr<Answer> send_query(std::string_view text);
    std::string take(const std::shared_ptr<Answer>& answer, std::string_view text, bool in_time);
    void take_line(std::string_view line);
    void take_error(const Pending& pending, std::string_view line);
    void confirm(std::uint64_t number);
    [[noreturn]] void throw_errors(std::uint64_t checked);
    void await_silence();
    void look_for_silence();
    void await_watch();
    void lost(const std::string& problem);
    [[nodiscard]] std::string what_for() const;

    Reactor& reactor_;
    ClientSettings settings_;
    Connection connection_;
    boost::asio::steady_timer silence_timer_;
    boost::asio::steady_timer watch_timer_;
    bool awaits_silence_ = false;
    Duration last_heard_{};  // by stopwatch(): the rig's time starts anew with each test
    std::string out_;        // put together, not handed to the connection yet
    std::deque<Pending> pending_;
    std::deque<Sent> unconfirmed_;  // since the last clean check
    std::uint64_t sent_ = 0;
    std::vector<QueuedError> errors_;
    std::uint64_t errors_cover_ = 0;
    struct Watched {
        std::string query;
        Check check;
    };
    std::vector<Watched> watched_;
    std::string lost_;  // why there is no connection any more
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace bmsrig::scpi
