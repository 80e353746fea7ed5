// A CAN bus between two programs' sockets, with no time on its wire.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "drivers/socketcan/can_socket.h"
#include "drivers/socketcan/linux_frame.h"

namespace bmsrig {

/// Outlives the sockets at its two ends.
class CanCable {
  public:
    enum class End : std::size_t { rig, instrument };

    using Handler = std::function<void()>;

    /// `now` stamps the frames; `post` runs a handler later, never within the call.
    CanCable(std::function<Instant()> now, std::function<void(Handler)> post)
        : now_(std::move(now)), post_(std::move(post)) {}
    std::unique_ptr<CanSocket> plug(End end);
    /// Every frame that the instrument has sent, the newest last.
    [[nodiscard]] const std::vector<CanFrame>& from_instrument() const { return from_instrument_; }

  private:
    class Socket;
    struct Port {
        std::deque<CanArrival> waiting;
        Handler ready;
    };
    Port& port(End end) { return ports_.at(static_cast<std::size_t>(end)); }
    void arrive(End end, const can_frame& frame, bool is_own) {
        port(end).waiting.push_back({frame, now_(), is_own, 0});
        post_([this, end] {
            if (port(end).ready) port(end).ready();
        });
    }

    std::function<Instant()> now_;
    std::function<void(Handler)> post_;
    std::array<Port, 2> ports_;
    std::vector<CanFrame> from_instrument_;
};

class CanCable::Socket final : public CanSocket {
  public:
    Socket(CanCable& cable, End end) : cable_(cable), end_(end) {}
    ~Socket() override { cable_.port(end_) = {}; }
    void on_ready(std::function<void()> ready) override {
        cable_.port(end_).ready = std::move(ready);
    }
    std::optional<CanArrival> take() override {
        auto& waiting = cable_.port(end_).waiting;
        if (waiting.empty()) return std::nullopt;
        const CanArrival first = waiting.front();
        waiting.pop_front();
        return first;
    }
    void check() override {}  // a cable stays
    bool put(const can_frame& frame) override {
        if (end_ == End::instrument) cable_.from_instrument_.push_back(rig_frame(frame));
        cable_.arrive(end_ == End::rig ? End::instrument : End::rig, frame, false);
        cable_.arrive(end_, frame, true);
        return true;
    }
    [[nodiscard]] int descriptor() const override { return -1; }

  private:
    CanCable& cable_;
    End end_;
};

inline std::unique_ptr<CanSocket> CanCable::plug(End end) {
    return std::make_unique<Socket>(*this, end);
}

}  // namespace bmsrig
