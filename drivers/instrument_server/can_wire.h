// One CAN interface as a bridge uses it: what the kernel has no room for waits here.
#pragma once

#include <linux/can.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "drivers/socketcan/can_problem.h"
#include "drivers/socketcan/can_socket.h"
#include "rig/error.h"

namespace bmsrig {

using OpenCanSocket = std::function<std::unique_ptr<CanSocket>(const std::string& interface)>;

class CanWire {
  public:
    /// `hear` is told of every frame of somebody else. Throws InstrumentError that begins with
    /// `who`.
    CanWire(std::string who, std::string interface, const OpenCanSocket& open,
            std::function<void(const can_frame&)> hear)
        : who_(std::move(who)), interface_(std::move(interface)), hear_(std::move(hear)) {
        try {
            socket_ = open(interface_);
            socket_->on_ready([this] { take(); });
        } catch (const std::system_error& problem) {
            fail(problem);
        }
    }

    void put(const can_frame& frame) {
        waiting_.push_back(frame);
        pump();
    }
    void pump() {
        try {
            while (!waiting_.empty() && socket_->put(waiting_.front())) waiting_.pop_front();
        } catch (const std::system_error& problem) {
            fail(problem);
        }
    }
    [[nodiscard]] const std::string& interface() const { return interface_; }

  private:
    void take() {
        try {
            while (const auto arrival = socket_->take()) {
                const bool is_error = (arrival->frame.can_id & CAN_ERR_FLAG) != 0;
                if (!arrival->is_own && !is_error) hear_(arrival->frame);
            }
        } catch (const std::system_error& problem) {
            fail(problem);
        }
        pump();
    }
    [[noreturn]] void fail(const std::system_error& problem) const {
        throw InstrumentError(who_ + ": " + can_problem(interface_, 0, problem.code()));
    }

    std::string who_;
    std::string interface_;
    std::function<void(const can_frame&)> hear_;
    std::unique_ptr<CanSocket> socket_;
    std::deque<can_frame> waiting_;
};

}  // namespace bmsrig
