// A CAN socket and its interface that play a script: every frame sent must be the next one of the
// script, and a test ends with nothing of it left over.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "drivers/socketcan/linux_frame.h"
#include "drivers/socketcan/socketcan_bus.h"

namespace bmsrig {

/// Outlives what is played on it; the test's side.
class CanScript {
  public:
    CanScript() = default;
    ~CanScript() {
        for (const std::string& unused : expected_) ADD_FAILURE() << "never sent: " << unused;
        if (!waiting_.empty()) ADD_FAILURE() << waiting_.size() << " frames were never fetched";
    }
    CanScript(const CanScript&) = delete;
    CanScript& operator=(const CanScript&) = delete;

    /// The next frame to be sent, as can-utils writes it.
    void expect(const std::string& frame) { expected_.push_back(frame); }
    /// Frames arrive; the last of them makes the socket ready.
    void arrive(const std::string& frame, Instant time, bool own = false, std::uint32_t lost = 0) {
        arrive(linux_frame(can_frame_from(frame).value()), time, own, lost);
    }
    void arrive(const can_frame& raw, Instant time, bool own = false, std::uint32_t lost = 0) {
        waiting_.push_back({raw, time, own, lost});
        if (ready) ready();
    }
    /// The next fetch fails with this error number.
    void fail(int error) {
        fail_unseen(error);
        if (ready) ready();
    }
    /// The same while no time passes: between two tests.
    void fail_unseen(int error) { failure_ = error; }

    std::function<void()> ready;
    bool has_room = true;  ///< in the kernel's queue
    int opened = 0;        ///< how often
    /// What is sent is answered: called after each frame that the script expected.
    std::function<void(const std::string& frame)> answer;

  private:
    friend class ScriptedSocket;
    std::deque<std::string> expected_;
    std::deque<CanArrival> waiting_;
    int failure_ = 0;
};

class ScriptedSocket final : public CanSocket {
  public:
    explicit ScriptedSocket(CanScript& script) : script_(script) { ++script_.opened; }
    ~ScriptedSocket() override { script_.ready = {}; }
    void on_ready(std::function<void()> ready) override { script_.ready = std::move(ready); }
    std::optional<CanArrival> take() override {
        check();
        if (script_.waiting_.empty()) return std::nullopt;
        const CanArrival first = script_.waiting_.front();
        script_.waiting_.pop_front();
        return first;
    }
    void check() override {
        if (const int failure = std::exchange(script_.failure_, 0); failure != 0) {
            throw std::system_error(failure, std::system_category());
        }
    }
    bool put(const can_frame& frame) override {
        if (!script_.has_room) return false;
        const std::string sent = to_string(rig_frame(frame));
        const std::string expected =
            script_.expected_.empty() ? "nothing more" : script_.expected_.front();
        EXPECT_EQ(sent, expected);
        if (!script_.expected_.empty()) script_.expected_.pop_front();
        if (script_.answer) script_.answer(sent);
        return true;
    }
    [[nodiscard]] int descriptor() const override { return 42; }

  private:
    CanScript& script_;
};

/// The interface's other half: what it is, and what was done to it.
struct LinkScript {
    CanLinkState state{.is_up = true, .kind = "can", .bit_rate = 250'000};
    int look_error = 0;
    int configure_error = 0;
    int restart_error = 0;
    std::vector<std::string> done;  ///< "250000", "250000 listen-only", "restart"
    std::function<void()> changed;  ///< who wants to know of changes
};

class ScriptedLink final : public CanLink {
  public:
    explicit ScriptedLink(LinkScript& script) : script_(script) {}
    CanLinkState look() override {
        check(script_.look_error);
        return script_.state;
    }
    void configure(std::uint32_t bit_rate, bool listen_only) override {
        check(script_.configure_error);
        script_.done.push_back(std::to_string(bit_rate) + (listen_only ? " listen-only" : ""));
        script_.state.is_up = true;
        script_.state.bit_rate = bit_rate;
        script_.state.is_listen_only = listen_only;
    }
    void restart() override {
        check(script_.restart_error);
        script_.done.emplace_back("restart");
    }
    void on_change(Reactor& /*reactor*/, std::function<void()> changed) override {
        script_.changed = std::move(changed);
    }

  private:
    static void check(int error) {
        if (error != 0) throw std::system_error(error, std::system_category());
    }
    LinkScript& script_;
};

inline CanPort scripted_port(CanScript& can, LinkScript& link) {
    return {[&can] { return std::make_unique<ScriptedSocket>(can); },
            std::make_unique<ScriptedLink>(link)};
}

}  // namespace bmsrig
