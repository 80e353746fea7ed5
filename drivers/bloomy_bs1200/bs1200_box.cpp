#include "drivers/bloomy_bs1200/bs1200_box.h"

#include <algorithm>

namespace bmsrig {

namespace {

using namespace std::chrono_literals;

constexpr Duration write_period = 5ms;
constexpr Duration readback_delay = 10ms;
constexpr std::size_t in_frame = bs1200::cells_in_frame;

}  // namespace

void Bs1200Box::set(std::size_t cell, std::uint16_t tenth_millivolts) {
    cells_.at(cell).set = tenth_millivolts;
    groups_.at(cell / in_frame).is_set = true;
    switch_on(cell, true);
}

void Bs1200Box::switch_on(std::size_t cell, bool on) {
    Cell& switched = cells_.at(cell);
    if (switched.on == on) return;
    switched.on = on;
    switched.is_switched = true;
}

bool Bs1200Box::is_one_on() const {
    return std::ranges::any_of(cells_, &Cell::on);
}

void Bs1200Box::all_off() {
    for (Cell& cell : cells_) cell.on = cell.is_switched = false;
    for (Group& group : groups_) group.is_set = false;
}

bool Bs1200Box::waits(std::size_t group) const {
    const auto* first = cells_.begin() + group * in_frame;
    return groups_.at(group).is_set ||
           std::any_of(first, first + in_frame, [](const Cell& cell) { return cell.is_switched; });
}

CanFrame Bs1200Box::voltages_of(std::size_t group) const {
    const auto base = bs1200::set_voltages + static_cast<std::uint32_t>(group) * bs1200::next_cells;
    CanFrame frame = bs1200::frame(base, number_);
    for (std::size_t i = 0; i < in_frame; ++i) {
        bs1200::put_number(frame, cells_.at(group * in_frame + i).set);
    }
    return frame;
}

std::vector<CanFrame> Bs1200Box::take_due(Instant now) {
    std::vector<CanFrame> due;
    for (std::size_t group = 0; group < groups; ++group) {
        Group& found = groups_.at(group);
        if (!waits(group) || (found.written && now < *found.written + write_period)) continue;
        // A cell that is switched on must not show an old voltage first.
        if (found.is_set) due.push_back(voltages_of(group));
        found.is_set = false;
        found.written = now;
        for (std::size_t i = 0; i < in_frame; ++i) {
            Cell& cell = cells_.at(group * in_frame + i);
            if (!cell.is_switched) continue;
            cell.is_switched = false;
            CanFrame frame = bs1200::frame(bs1200::enable_cell, number_);
            bs1200::put_byte(frame, static_cast<std::uint8_t>(group * in_frame + i));
            bs1200::put_byte(frame, cell.on ? 1 : 0);
            due.push_back(frame);
        }
    }
    return due;
}

std::optional<Instant> Bs1200Box::next_due() const {
    std::optional<Instant> next;
    for (std::size_t group = 0; group < groups; ++group) {
        const Group& found = groups_.at(group);
        if (!waits(group)) continue;
        const Instant due = found.written ? *found.written + write_period : Instant{};
        next = next ? std::min(*next, due) : due;
    }
    return next;
}

Instant Bs1200Box::valid_from(std::size_t cell) const {
    const Group& group = groups_.at(cell / in_frame);
    if (waits(cell / in_frame)) return Instant::max();
    return group.written ? *group.written + readback_delay : Instant::min();
}

bool Bs1200Box::hear(const CanFrame& frame, Instant time) {
    if (frame.extended || frame.remote || frame.length != 2 * in_frame) return false;
    constexpr std::array bases{bs1200::voltages, bs1200::currents};
    for (std::size_t what = 0; what < bases.size(); ++what) {
        for (std::size_t group = 0; group < groups; ++group) {
            const auto base =
                bases.at(what) + static_cast<std::uint32_t>(group) * bs1200::next_cells;
            if (frame.id != base + static_cast<std::uint32_t>(number_)) continue;
            groups_.at(group).heard.at(what) = frame;
            groups_.at(group).heard_at.at(what) = time;
            last_heard_ = time;
            return true;
        }
    }
    return false;
}

std::optional<std::uint16_t> Bs1200Box::number(std::size_t cell, std::size_t what) const {
    const auto& frame = groups_.at(cell / in_frame).heard.at(what);
    if (!frame) return std::nullopt;
    return bs1200::number_at(*frame, 2 * (cell % in_frame));
}

Bs1200Box::Reading Bs1200Box::voltage(std::size_t cell) const {
    const auto told = number(cell, 0);
    if (!told) return {};
    return {bs1200::to_volts(*told), groups_.at(cell / in_frame).heard_at[0]};
}

Bs1200Box::Reading Bs1200Box::current(std::size_t cell) const {
    const auto told = number(cell, 1);
    if (!told) return {};
    return {bs1200::reading_to_amperes(*told), groups_.at(cell / in_frame).heard_at[1]};
}

}  // namespace bmsrig
