// For tests: the instrument's end of a wire, which knows the bytes that come and says those that
// were written down for it. A wrong byte, a byte too many and a line of the script that was never
// used fail the test.
#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <string>

#include "drivers/common/pty.h"
#include "rig/reactor.h"

namespace bmsrig::scpi {

class ScriptedPeer {
  public:
    enum class Wire : unsigned char { tcp, serial };

    explicit ScriptedPeer(Reactor& reactor, Wire wire = Wire::tcp)
        : reactor_(reactor), acceptor_(reactor.io()), stream_(reactor.io()) {
        namespace asio = boost::asio;
        if (wire == Wire::serial) {
            terminal_ = std::make_unique<Pty>();
            stream_.assign(::dup(terminal_->descriptor()));
            stream_.non_blocking(true);
            read();
            return;
        }
        const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
        acceptor_.open(any.protocol());
        acceptor_.bind(any);
        acceptor_.listen();
        accept();
    }
    ~ScriptedPeer() {
        EXPECT_TRUE(steps_.empty())
            << "never used: " << quoted(steps_.empty() ? "" : steps_.front().bytes);
        EXPECT_EQ(quoted(received_), quoted("")) << "came without being in the script";
    }
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    [[nodiscard]] std::string address() const {
        if (terminal_) return "serial " + terminal_->path() + " 115200";
        return "tcp 127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    /// How many connections there have been.
    [[nodiscard]] int connections() const { return connections_; }

    ScriptedPeer& expects(const std::string& bytes) { return add({Step::Kind::expect, bytes}); }
    ScriptedPeer& sends(const std::string& bytes) { return add({Step::Kind::send, bytes}); }
    ScriptedPeer& closes() { return add({Step::Kind::close, "the end"}); }
    /// A command, and the look at the error queue after it.
    ScriptedPeer& takes(const std::string& command, const std::string& end = "\n") {
        return expects(command + end + "SYST:ERR?" + end).sends("0,\"No error\"\n");
    }
    ScriptedPeer& answers(const std::string& query, const std::string& answer,
                          const std::string& end = "\n") {
        return expects(query + end).sends(answer + "\n");
    }

    /// Lets handlers run until the script has been used up, or something has gone wrong.
    void finish() {
        const Instant deadline = reactor_.now() + std::chrono::seconds{20};
        while (!steps_.empty() && !is_wrong_ && reactor_.now() < deadline) {
            reactor_.run_one(deadline);
        }
        EXPECT_TRUE(steps_.empty())
            << "still to come: " << quoted(steps_.empty() ? "" : steps_.front().bytes);
    }

  private:
    struct Step {
        enum class Kind : unsigned char { expect, send, close };
        Kind kind;
        std::string bytes;
    };

    static std::string quoted(const std::string& bytes) { return testing::PrintToString(bytes); }

    ScriptedPeer& add(Step step) {
        steps_.push_back(std::move(step));
        play();
        return *this;
    }
    void accept() {
        acceptor_.async_accept(
            [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& problem,
                                                  boost::asio::ip::tcp::socket socket) {
                if (problem || alive.expired()) return;
                ++connections_;
                if (stream_.is_open()) stream_.close();
                stream_.assign(socket.release());
                stream_.non_blocking(true);
                read();
                play();
                accept();
            });
    }
    void read() {
        stream_.async_read_some(boost::asio::buffer(bytes_),
                                [this, alive = std::weak_ptr(alive_)](
                                    const boost::system::error_code& problem, std::size_t count) {
                                    if (problem || alive.expired()) return;
                                    received_.append(bytes_.data(), count);
                                    read();
                                    play();
                                });
    }
    /// A pty takes no more than some thousand bytes at once.
    void await_room() {
        stream_.async_wait(
            boost::asio::posix::stream_descriptor::wait_write,
            [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& problem) {
                if (!problem && !alive.expired()) play();
            });
    }
    void play() {
        while (!steps_.empty() && !is_wrong_ && stream_.is_open()) {
            Step& step = steps_.front();
            if (step.kind == Step::Kind::expect) {
                const std::size_t size = step.bytes.size();
                const std::string begin = received_.substr(0, size);
                if (!step.bytes.starts_with(begin)) {
                    is_wrong_ = true;
                    ADD_FAILURE() << "expected " << quoted(step.bytes) << ", but there came "
                                  << quoted(received_);
                    received_.clear();
                    steps_.clear();
                    stream_.close();  // who waits for an answer does not wait in vain
                    return;
                }
                if (begin.size() < size) return;
                received_.erase(0, size);
            } else if (step.kind == Step::Kind::send) {
                boost::system::error_code full;
                step.bytes.erase(0, stream_.write_some(boost::asio::buffer(step.bytes), full));
                if (!step.bytes.empty()) {
                    await_room();
                    return;
                }
            } else {
                stream_.close();
            }
            steps_.pop_front();
        }
    }

    Reactor& reactor_;
    std::unique_ptr<Pty> terminal_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::posix::stream_descriptor stream_;
    std::array<char, 4096> bytes_{};
    std::string received_;
    std::deque<Step> steps_;
    int connections_ = 0;
    bool is_wrong_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace bmsrig::scpi
