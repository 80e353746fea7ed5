// One connection to a SCPI instrument: splits what comes into messages, carries them out one after
// the other, and sends the answers.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/instrument_server/scpi_port.h"

namespace bmsrig::scpi_server {

/// `Stream` is a socket or a descriptor of Boost.Asio. Lives as long as its connection; an
/// instrument does the next thing only when the one before is done, its answer's latency included.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
  public:
    Session(Stream stream, Device& device, const PortOptions& options, const PortOwner& owner)
        : stream_(std::move(stream)),
          timer_(stream_.get_executor()),
          device_(device),
          options_(options),
          owner_(owner) {}

    void start() { read(); }
    [[nodiscard]] bool is_open() const { return stream_.is_open(); }
    /// Nothing of it runs any more afterwards.
    void close() {
        timer_.cancel();
        boost::system::error_code ignored;
        stream_.close(ignored);
    }

  private:
    /// A longer message is refused as a whole: an instrument's memory is no larger.
    static constexpr std::size_t longest_message = 65536;
    /// So many may wait; then nothing more is read.
    static constexpr std::size_t most_waiting = 256;

    void read() {
        is_reading_ = true;
        stream_.async_read_some(
            boost::asio::buffer(chunk_),
            [self = this->shared_from_this()](boost::system::error_code error, std::size_t size) {
                self->is_reading_ = false;
                if (error || !self->is_open()) {
                    self->close();
                    return;
                }
                self->take(std::string_view(self->chunk_.data(), size));
                self->work();
                if (self->is_open() && !self->is_reading_ && self->has_room()) self->read();
            });
    }
    [[nodiscard]] bool has_room() const { return messages_.size() < most_waiting; }

    void take(std::string_view bytes) {
        for (const char byte : bytes) {
            if (byte == '\n') {
                if (is_too_long_) device_.status().add(Failure(code::input_overrun));
                if (!is_too_long_) add_message();
                input_.clear();
                is_too_long_ = false;
            } else if (input_.size() < longest_message) {
                input_ += byte;
            } else {
                is_too_long_ = true;
            }
        }
    }
    void add_message() {
        if (input_.ends_with('\r')) input_.pop_back();
        messages_.push_back(input_);
    }

    void work() {
        while (is_open() && !messages_.empty()) {
            if (is_waiting_ && !interrupt()) break;
            const std::string message = std::move(messages_.front());
            messages_.pop_front();
            carry_out(message);
        }
        if (is_open() && !is_reading_ && has_room()) read();
    }

    /// Whether the next message does not wait for the answer that is due.
    bool interrupt() {
        if (!options_.interrupts || !owes_answer_) return false;
        timer_.cancel();
        is_waiting_ = false;
        ++generation_;
        device_.status().add(Failure(code::interrupted));
        return true;
    }

    void carry_out(const std::string& message) {
        owner_.catch_up();
        owner_.log("> " + message);
        ++carried_out_;
        if (is_turn(options_.errors_every, carried_out_)) {
            device_.status().add(Failure(code::hardware, "put in on purpose"));
        }
        const std::string answer = device_.execute(message);
        owes_answer_ = !answer.empty();
        Duration wait = answer.empty() ? Duration::zero() : options_.latency;
        if (device_.waits_for_completion()) {
            wait = std::max(wait, owner_.settled() - owner_.reactor.now());
        }
        if (options_.drops_connection_after != 0 &&
            carried_out_ >= options_.drops_connection_after) {
            owner_.log("# drops the connection");
            close();
        } else if (wait <= Duration::zero()) {
            emit(answer);
        } else {
            after(wait, [this, answer] { emit(answer); });
        }
    }

    /// Does nothing else meanwhile.
    template <typename Action>
    void after(Duration wait, const Action& action) {
        is_waiting_ = true;
        timer_.expires_after(wait);
        timer_.async_wait([self = this->shared_from_this(), action,
                           generation = generation_](boost::system::error_code cancelled) {
            if (cancelled || generation != self->generation_ || !self->is_open()) return;
            self->is_waiting_ = false;
            action();
            self->work();
        });
    }

    static bool is_turn(int every, int count) { return every != 0 && count % every == 0; }

    void emit(std::string answer) {
        if (answer.empty()) return;
        ++answers_;
        if (options_.silent_after != 0 && answers_ > options_.silent_after) return;
        owner_.log("< " + answer);
        std::string end = options_.line_end;
        if (is_turn(options_.garbage_every, answers_)) answer = "\x81\xFE\x07?\x1B";
        if (is_turn(options_.half_lines_every, answers_)) {
            answer.resize((answer.size() + 1) / 2);
            end.clear();
        }
        if (is_turn(options_.talks_unasked_every, answers_)) answer = "*" + end + answer;
        send(answer + end);
    }

    void send(std::string_view bytes) {
        output_ += bytes;
        if (!is_writing_) write();
    }
    void write() {
        is_writing_ = true;
        const std::size_t size = options_.byte_pacing > Duration::zero() ? 1 : output_.size();
        on_the_way_ = output_.substr(0, size);
        output_.erase(0, size);
        boost::asio::async_write(
            stream_, boost::asio::buffer(on_the_way_),
            [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
                self->is_writing_ = false;
                if (error || !self->is_open()) {
                    self->close();
                } else if (!self->output_.empty()) {
                    self->write_next();
                }
            });
    }
    void write_next() {
        if (options_.byte_pacing == Duration::zero()) {
            write();
            return;
        }
        is_writing_ = true;
        auto timer = std::make_shared<boost::asio::steady_timer>(stream_.get_executor(),
                                                                 options_.byte_pacing);
        timer->async_wait(
            [self = this->shared_from_this(), timer](boost::system::error_code cancelled) {
                if (!cancelled && self->is_open()) self->write();
            });
    }

    Stream stream_;
    boost::asio::steady_timer timer_;
    Device& device_;
    const PortOptions& options_;
    const PortOwner& owner_;
    std::array<char, 4096> chunk_{};
    std::string input_;
    std::deque<std::string> messages_;
    std::string output_;
    std::string on_the_way_;
    int carried_out_ = 0;
    int answers_ = 0;
    int generation_ = 0;  ///< of the timer: one that was cancelled may have run out already
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool is_waiting_ = false;
    bool owes_answer_ = false;  ///< what it waits for is the moment of an answer
    bool is_too_long_ = false;
};

}  // namespace bmsrig::scpi_server
