// A CAN bus with two nodes, the rig's and the UUT's: who sends when, and what becomes of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "drivers/virtual_can_adapter/can_node.h"
#include "rig/instruments/can_adapter.h"
#include "rig/scheduler.h"

namespace bmsrig {

class VirtualCanBus {
  public:
    /// Both must outlive the bus. The listener is told of what the rig's node sees on `channel`.
    VirtualCanBus(Scheduler& scheduler, const CanAdapter::Listener& listener, int channel)
        : scheduler_(scheduler), listener_(listener), channel_(channel) {}

    /// As after power-on. What was scheduled before means nothing any more.
    void restart(const CanSettings& settings);

    /// False: too many wait already.
    [[nodiscard]] bool send(const CanFrame& frame) { return hand(rig, frame); }
    void give_up() { nodes_[rig].give_up(); }
    void set_bit_rate(std::uint32_t bit_rate);
    void set_listen_only(bool listens);
    [[nodiscard]] const CanSettings& settings() const { return settings_; }
    [[nodiscard]] std::uint32_t bit_rate() const { return nodes_[rig].bit_rate; }
    [[nodiscard]] CanBusCounts counts() const;
    [[nodiscard]] CanState rig_state() const { return nodes_[rig].errors.state(); }
    void recover();
    void set_fault(CanFault fault);

    void connect(std::uint32_t bit_rate, std::function<void(const CanFrame&)> receive);
    void disconnect();
    /// False: too many wait already.
    [[nodiscard]] bool transmit(const CanFrame& frame) { return hand(uut, frame); }
    [[nodiscard]] std::uint32_t uut_bit_rate() const { return nodes_[uut].bit_rate; }
    [[nodiscard]] CanState uut_state() const { return nodes_[uut].errors.state(); }

  private:
    enum Side : std::uint8_t { rig, uut };
    static constexpr std::array sides{rig, uut};

    /// What a node does while a frame stands on the wire, from its start on.
    enum class Role : std::uint8_t {
        absent,        ///< no power, bus-off, at another wire, or it came later
        sends,         ///< both nodes, if their frames have the same arbitration field
        acknowledges,  ///< it understands the frame
        disturbs,      ///< it does not understand it and breaks it off
        listens        ///< it understands or not, and changes nothing
    };
    struct Attempt {
        bool is_running = false;
        std::array<Role, 2> roles{};
        CanFrame frame;
        std::uint32_t bit_rate = 0;
        Instant start;
        Instant end;
        CanError error = CanError::none;  ///< as far as it is known before the end
        int spoiled_flag_bits = 0;        ///< of the sender's own error flag
        bool is_flag_answered = false;    ///< the sender's error flag follows that of who disturbs
    };
    /// The bits of a frame, remembered: most frames of a BMS repeat.
    class FrameLengths {
      public:
        int of(const CanFrame& frame);

      private:
        struct Known {
            CanFrame frame;
            int bits = 0;
        };
        std::array<Known, 64> known_;
    };

    [[nodiscard]] bool hand(Side side, const CanFrame& frame);
    void start();
    void start(std::size_t wire);
    [[nodiscard]] bool is_ready(Side side, std::size_t wire) const;
    void begin(std::size_t wire, bool rig_sends, bool uut_sends);
    [[nodiscard]] bool is_there(Side side, std::size_t wire) const;
    [[nodiscard]] Role role_of(Side side, std::size_t wire, std::uint32_t bit_rate) const;
    [[nodiscard]] Duration foresee(Attempt& on);
    void finish_at(std::size_t wire, Instant when);
    void finish(std::size_t wire);
    void count(Side side, const Attempt& done);
    void count_sent(Side side, const Attempt& done);
    void count_heard(Side side, const Attempt& done);
    void break_off(std::size_t wire, CanError error, int bits);
    void tell(const Attempt& done);
    [[nodiscard]] CanError seen_by_rig(const Attempt& done) const;
    void follow_rates();
    void rejoin_later(Side side);
    void rejoin(Side side);

    /// Of what a node hears, and where it sends. A fault leaves each alone on a wire of its own.
    [[nodiscard]] std::size_t wire_of(Side side) const {
        return fault_ == CanFault::none ? 0 : side;
    }

    Scheduler& scheduler_;
    const CanAdapter::Listener& listener_;
    int channel_;
    CanSettings settings_;
    std::array<CanNode, 2> nodes_;
    std::function<void(const CanFrame&)> receive_;  // the UUT's; empty: it has no power
    CanFault fault_ = CanFault::none;
    std::array<Attempt, 2> wires_;
    FrameLengths lengths_;
    CanBusCounts counts_;
};

}  // namespace bmsrig
