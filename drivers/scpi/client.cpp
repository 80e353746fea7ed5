#include "drivers/scpi/client.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "rig/clock.h"
#include "rig/error.h"

namespace bmsrig::scpi {

namespace {

using boost::system::error_code;

constexpr Duration first_pause = std::chrono::milliseconds{50};
constexpr Duration longest_pause = std::chrono::seconds{1};
// What a queue holds at most is a few dozen; more means that it never says "no error".
constexpr std::size_t most_errors = 64;
constexpr std::size_t most_quoted = 8;
// As long as a slow instrument takes to look at its own state.
constexpr Duration longest_end = std::chrono::milliseconds{250};

bool is_text(std::string_view line) {
    return std::ranges::all_of(line, [](unsigned char each) {
        constexpr unsigned char first_printable = 0x20;
        constexpr unsigned char delete_character = 0x7f;
        return each == '\t' || (each >= first_printable && each < delete_character);
    });
}

std::string without_line_end(std::string_view text) {
    return std::string(trimmed(text));
}

}  // namespace

Client::Client(Reactor& reactor, const Address& address, ClientSettings settings)
    : reactor_(reactor),
      settings_(std::move(settings)),
      connection_(
          reactor, address, [this](std::string_view line) { take_line(line); },
          [this](const std::string& problem) { lost(problem); }),
      silence_timer_(reactor.io()),
      watch_timer_(reactor.io()) {}

/// Without the reactor: whoever else has handlers there may be gone. An end of a connection with
/// answers unread would be an abortion, and the instrument might drop the last commands.
Client::~Client() {
    const Duration deadline = stopwatch() + std::min(settings_.timeout, longest_end);
    std::array<char, 4096> bytes{};
    std::size_t answers = pending_.size();
    while (connection_.is_open() && answers > 0 && stopwatch() < deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - stopwatch());
        pollfd input{connection_.descriptor(), POLLIN, 0};
        if (::poll(&input, 1, static_cast<int>(left.count())) <= 0) break;
        const auto count = ::read(connection_.descriptor(), bytes.data(), bytes.size());
        if (count <= 0) break;
        const auto lines = std::count(bytes.begin(), bytes.begin() + count, '\n');
        answers -= std::min(answers, static_cast<std::size_t>(lines));
    }
}

void Client::fail(const std::string& problem) const {
    throw InstrumentError("instrument \"" + settings_.instrument + "\" at " + address() + ": " +
                          problem);
}

bool Client::open(Duration patience) {
    if (is_open()) return false;
    const Duration deadline = stopwatch() + patience;
    std::string problem = connection_.open(settings_.timeout);
    for (Duration pause = first_pause; !problem.empty();
         pause = std::min(2 * pause, longest_pause)) {
        if (stopwatch() + pause >= deadline) fail("it " + problem);
        reactor_.wait_alone([] { return false; }, pause);
        problem = connection_.open(settings_.timeout);
    }
    lost_.clear();
    unconfirmed_.clear();
    errors_.clear();
    last_heard_ = stopwatch();
    out_ = "*CLS" + settings_.line_end;  // what others left in its queue is not ours
    flush();
    await_watch();
    return true;
}

void Client::require_open() const {
    if (is_open()) return;
    if (lost_.empty()) fail("it is not connected yet");
    fail(lost_ + "; it is connected again for the next test");
}

void Client::command(std::string_view text) {
    require_open();
    put(text);
    ask_for_errors();
    flush();
}

void Client::commands(const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    require_open();
    for (const std::string& text : texts) put(text);
    ask_for_errors();
    flush();
}

std::string Client::query(std::string_view text) {
    const auto answer = send_query(text);
    // The silence timer ends the wait of whoever waits in vain; this is for a rig whose handlers
    // cannot run.
    const Duration patience = 2 * settings_.timeout * static_cast<int>(pending_.size() + 1);
    return take(answer, text, reactor_.wait([&] { return answer->text.has_value(); }, patience));
}

std::string Client::query_alone(std::string_view text) {
    const auto answer = send_query(text);
    const Duration patience = 2 * settings_.timeout * static_cast<int>(pending_.size() + 1);
    const auto is_here = [&] { return answer->text.has_value(); };
    return take(answer, text, reactor_.wait_alone(is_here, patience));
}

std::shared_ptr<Client::Answer> Client::send_query(std::string_view text) {
    require_open();
    const auto answer = std::make_shared<Answer>();
    put_query({std::string(text), answer, nullptr, 0});
    flush();
    return answer;
}

std::string Client::take(const std::shared_ptr<Answer>& answer, std::string_view text,
                         bool in_time) {
    if (!in_time) {
        give_up("it has not answered " + shown(text) + ", and the rig had no time to look");
    }
    return std::move(*answer->text);
}

void Client::expect(std::string_view query, Check check) {
    require_open();
    put_query({std::string(query), nullptr, std::move(check), 0});
    flush();
}

void Client::watch(std::string query, Check check) {
    watched_.push_back({std::move(query), std::move(check)});
}

void Client::finish() {
    require_open();
    const Duration patience = 2 * settings_.timeout * static_cast<int>(pending_.size() + 1);
    const auto is_done = [this] { return pending_.empty(); };
    if (!reactor_.wait_alone(is_done, patience)) give_up("it does not answer any more");
}

void Client::put(std::string_view text) {
    unconfirmed_.push_back({++sent_, std::string(text)});
    if (settings_.error_query.empty() && unconfirmed_.size() > most_quoted) {
        unconfirmed_.pop_front();
    }
    out_.append(text).append(settings_.line_end);
}

void Client::put_query(Pending pending) {
    if (pending_.empty()) last_heard_ = stopwatch();
    out_.append(pending.query).append(settings_.line_end);
    pending_.push_back(std::move(pending));
}

void Client::ask_for_errors() {
    if (!settings_.error_query.empty()) put_query({settings_.error_query, nullptr, nullptr, sent_});
    for (const Watched& each : watched_) put_query({each.query, nullptr, each.check, 0});
}

void Client::flush() {
    connection_.send(out_);
    out_.clear();
    if (!pending_.empty()) await_silence();
}

void Client::take_line(std::string_view line) {
    last_heard_ = stopwatch();
    if (!is_text(line)) {
        give_up("it sent garbage (" + shown(line) + ")" + what_for() +
                "; expected printable text; look at the bit rate, the cable and the other end");
    }
    if (pending_.empty()) {
        give_up("it sent " + shown(line) +
                " without having been asked; expected silence; look whether another program is "
                "connected to it");
    }
    const Pending pending = std::move(pending_.front());
    pending_.pop_front();
    if (pending.answer) {
        pending.answer->text = line;
    } else if (pending.check) {
        if (const auto problem = pending.check(line)) fail(*problem);
    } else {
        take_error(pending, line);
    }
}

void Client::take_error(const Pending& pending, std::string_view line) {
    const auto error = parse_error(line);
    if (!error) {
        give_up("it answered " + shown(line) + " to " + shown(pending.query) +
                "; expected an entry of its error queue such as 0,\"No error\"");
    }
    if (error->number != 0) {
        if (errors_.empty()) errors_cover_ = pending.covers;
        errors_.push_back(*error);
        if (errors_.size() >= most_errors) throw_errors(pending.covers);
        // The next one, until there is none. Where the same question is on its way already, its
        // answer will do.
        const auto is_error_query = [](const Pending& each) { return !each.answer && !each.check; };
        if (std::ranges::none_of(pending_, is_error_query)) {
            put_query({settings_.error_query, nullptr, nullptr, pending.covers});
            flush();
        }
        return;
    }
    if (!errors_.empty()) throw_errors(pending.covers);
    confirm(pending.covers);
}

void Client::confirm(std::uint64_t number) {
    while (!unconfirmed_.empty() && unconfirmed_.front().number <= number) {
        unconfirmed_.pop_front();
    }
}

void Client::throw_errors(std::uint64_t checked) {
    std::string text = "it refused";
    std::size_t quoted = 0;
    while (!unconfirmed_.empty() && unconfirmed_.front().number <= errors_cover_) {
        if (quoted < most_quoted) {
            text += (quoted == 0 ? " " : ", ") + shown(without_line_end(unconfirmed_.front().text));
        }
        ++quoted;
        unconfirmed_.pop_front();
    }
    if (quoted == 0) text += " a command";
    if (quoted > most_quoted)
        text += " or one of " + std::to_string(quoted - most_quoted) + " more";
    text += " with ";
    for (std::size_t i = 0; i < errors_.size() && i < most_quoted; ++i) {
        text += (i == 0 ? "" : ", ") + std::string("error ") + std::to_string(errors_[i].number) +
                " (" + errors_[i].text + ")";
    }
    errors_.clear();
    confirm(checked);
    fail(text + "; look at the command, the instrument's range and its state");
}

void Client::await_silence() {
    if (awaits_silence_) return;
    awaits_silence_ = true;
    const Duration due = last_heard_ + settings_.timeout;
    silence_timer_.expires_after(std::max(due - stopwatch(), Duration::zero()));
    silence_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const error_code& cancelled) {
        if (cancelled || alive.expired()) return;
        awaits_silence_ = false;
        look_for_silence();
    });
}

void Client::look_for_silence() {
    if (pending_.empty() || !is_open()) return;
    if (stopwatch() - last_heard_ < settings_.timeout) {
        await_silence();
        return;
    }
    // The rig may have been busy for that long: the answer may be waiting.
    const std::size_t before = pending_.size();
    connection_.receive();
    if (pending_.size() < before || !is_open()) {
        if (!pending_.empty()) await_silence();
        return;
    }
    const std::string& half = connection_.half_line();
    give_up(
        "it has been silent for " + format_duration(settings_.timeout) + what_for() +
        (half.empty() ? std::string() : ", after half a line: " + shown(half)) +
        "; expected an answer; look whether it is switched on and this command is one of its own");
}

void Client::await_watch() {
    if (settings_.watch_interval <= Duration::zero()) return;
    watch_timer_.expires_after(settings_.watch_interval);
    watch_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const error_code& cancelled) {
        if (cancelled || alive.expired() || !is_open()) return;
        await_watch();
        if (!pending_.empty()) return;  // it is being asked
        ask_for_errors();
        flush();
    });
}

void Client::give_up(const std::string& problem) {
    connection_.close();
    lost_ = problem + "; the connection was given up";
    pending_.clear();
    fail(problem);
}

void Client::lost(const std::string& problem) {
    lost_ = "the connection " + problem;
    const std::string during = what_for();
    pending_.clear();
    fail(lost_ + during +
         "; the instrument may have been reset, so what it puts out is not known; look at its "
         "power, its network and whether another program took the connection");
}

std::string Client::what_for() const {
    if (pending_.empty()) return "";
    return " while an answer to " + shown(pending_.front().query) + " was awaited";
}

double Client::number(std::string_view query, std::string_view answer) const {
    const auto value = parse_number(answer);
    if (!value) {
        fail("it answered " + shown(answer) + " to " + shown(query) + "; expected a number");
    }
    if (std::isinf(*value)) {
        fail("it answered " + shown(answer) + " to " + shown(query) +
             ": an overload; expected a value within its measuring range");
    }
    return *value;
}

}  // namespace bmsrig::scpi
