// One box of a BS1200: its cells as they were set, and what it told last.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "drivers/bloomy_bs1200/bs1200_frames.h"
#include "rig/can_frame.h"
#include "rig/time.h"

namespace bmsrig {

class Bs1200Box {
  public:
    explicit Bs1200Box(int number) : number_(number) {}

    [[nodiscard]] int number() const { return number_; }

    /// Cells count from 0 here. A cell that is set is switched on as well.
    void set(std::size_t cell, std::uint16_t tenth_millivolts);
    void switch_on(std::size_t cell, bool on);
    void all_off();
    [[nodiscard]] bool is_on(std::size_t cell) const { return cells_.at(cell).on; }
    [[nodiscard]] bool is_one_on() const;
    /// Its newest reading of any cell.
    [[nodiscard]] const std::optional<Instant>& last_heard() const { return last_heard_; }

    /// The frames that are due at `now`, in order: voltages, and then what is switched.
    [[nodiscard]] std::vector<CanFrame> take_due(Instant now);
    /// When the next of them is due; nothing if none waits.
    [[nodiscard]] std::optional<Instant> next_due() const;
    /// From when on a reading of this cell is one of what was set; the far future while that waits.
    [[nodiscard]] Instant valid_from(std::size_t cell) const;

    /// Notes what the box told of itself; false: this frame is not one of its readings.
    bool hear(const CanFrame& frame, Instant time);
    struct Reading {
        double value = 0;  // V or A
        std::optional<Instant> time;
    };
    [[nodiscard]] Reading voltage(std::size_t cell) const;
    [[nodiscard]] Reading current(std::size_t cell) const;

  private:
    static constexpr std::size_t groups = bs1200::cells_in_box / bs1200::cells_in_frame;
    struct Cell {
        std::uint16_t set = 0;  // 0.1 mV
        bool on = false;
        bool is_switched = false;  // and the box has not been told
    };
    /// Four cells that share frames.
    struct Group {
        bool is_set = false;  // and the box has not been told
        std::optional<Instant> written;
        std::array<std::optional<CanFrame>, 2> heard;  // voltages, currents
        std::array<Instant, 2> heard_at;
    };
    [[nodiscard]] CanFrame voltages_of(std::size_t group) const;
    [[nodiscard]] bool waits(std::size_t group) const;
    [[nodiscard]] std::optional<std::uint16_t> number(std::size_t cell, std::size_t what) const;

    int number_;
    std::array<Cell, bs1200::cells_in_box> cells_;
    std::array<Group, groups> groups_;
    std::optional<Instant> last_heard_;
};

}  // namespace bmsrig
