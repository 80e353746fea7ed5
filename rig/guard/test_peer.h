// For tests of the guard: an instrument on a TCP port that notes when it was switched off, and the
// rig in small that drives it.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rig/guard/safe_command.h"
#include "rig/guard/watch_page.h"
#include "rig/link/child_process.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// Serves one connection, line by line.
class TestPeer {
  public:
    /// `answer` to *OPC?; empty: none.
    explicit TestPeer(std::string answer = "1\n") : answer_(std::move(answer)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listening_.number(), plain, size) != 0 ||
            ::listen(listening_.number(), 1) != 0 ||
            ::getsockname(listening_.number(), plain, &size) != 0) {
            throw std::runtime_error("no port for the test");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~TestPeer() {
        ::shutdown(listening_.number(), SHUT_RDWR);
        {
            const std::scoped_lock lock(mutex_);
            if (connection_ >= 0) ::shutdown(connection_, SHUT_RDWR);
        }
        thread_.join();
    }
    TestPeer(const TestPeer&) = delete;
    TestPeer& operator=(const TestPeer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    /// When it was switched off (CLOCK_MONOTONIC, ns), waiting for it; nothing if the connection
    /// ended without, or nothing was heard for ten seconds.
    std::optional<std::int64_t> wait_until_off() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds{10},
                          [this] { return is_over_ || off_.has_value(); });
        return off_;
    }
    /// All lines, once the connection has ended.
    std::vector<std::string> lines() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return is_over_; });
        return lines_;
    }

  private:
    void serve() {
        const link::FileDescriptor connection(
            ::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        {
            const std::scoped_lock lock(mutex_);
            connection_ = connection.number();
        }
        std::string line;
        std::array<char, 4096> bytes{};
        ssize_t size = 0;
        while ((size = ::recv(connection.number(), bytes.data(), bytes.size(), 0)) > 0) {
            const std::int64_t now = monotonic_ns();
            for (const char byte : std::string_view(bytes.data(), static_cast<std::size_t>(size))) {
                if (byte != '\n') {
                    line += byte;
                    continue;
                }
                take(line, now);
                if (line == "*OPC?") {
                    ::send(connection.number(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
                }
                line.clear();
            }
        }
        const std::scoped_lock lock(mutex_);
        connection_ = -1;
        is_over_ = true;
        changed_.notify_all();
    }
    void take(const std::string& line, std::int64_t now) {
        const std::scoped_lock lock(mutex_);
        lines_.push_back(line);
        if (line != safe_command) return;
        off_ = now;
        changed_.notify_all();
    }

    link::FileDescriptor listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port_ = 0;
    std::string answer_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    std::optional<std::int64_t> off_;
    bool is_over_ = false;
    int connection_ = -1;
    std::thread thread_;
};

/// guarded_rig in a process of its own.
class TestRigProcess {
  public:
    TestRigProcess(const std::filesystem::path& bench, const std::string& way, unsigned seed,
                   const std::vector<int>& ports)
        : process_(arguments(bench, way, seed, ports)) {}

    /// The next line that it prints; empty at its end.
    std::string next_line() {
        for (;;) {
            if (const std::size_t end = text_.find('\n'); end != std::string::npos) {
                std::string line = text_.substr(0, end);
                text_.erase(0, end + 1);
                return line;
            }
            pollfd waited{process_.standard_output.number(), POLLIN, 0};
            if (::poll(&waited, 1, 20'000) <= 0) throw std::runtime_error("the rig says nothing");
            std::array<char, 1024> bytes{};
            const ssize_t size =
                ::read(process_.standard_output.number(), bytes.data(), bytes.size());
            if (size <= 0) return {};
            text_.append(bytes.data(), static_cast<std::size_t>(size));
        }
    }
    /// The guard's process, once the bench is armed.
    int wait_until_armed() {
        const std::string line = next_line();
        if (!line.starts_with("armed ")) throw std::runtime_error("expected armed, got " + line);
        return std::stoi(line.substr(6));
    }
    void signal(int number) { process_.signal_group(number); }
    std::string how_it_ended() {
        process_.reap();
        return process_.how_it_ended();
    }

  private:
    static std::vector<std::string> arguments(const std::filesystem::path& bench,
                                              const std::string& way, unsigned seed,
                                              const std::vector<int>& ports) {
        std::vector<std::string> words{GUARDED_RIG, GUARD_PROGRAM, bench, way,
                                       std::to_string(seed)};
        for (const int port : ports) words.push_back(std::to_string(port));
        return words;
    }
    link::ChildProcess process_;
    std::string text_;
};

}  // namespace bmsrig
