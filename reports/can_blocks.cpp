#include "reports/can_blocks.h"

#include <bit>

#include "reports/frame.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::string_view can_magic = "BMF1";
/// Keeps up with a simulated day.
constexpr int can_level = 1;

// An event's tag. The two lowest bits say how its time is known.
constexpr std::uint8_t after_gap = 0;     ///< as long after the event before it as last time
constexpr std::uint8_t after_period = 1;  ///< as long after its own last frame as last time
constexpr std::uint8_t at_time = 2;       ///< neither; the difference to the period is written
constexpr std::uint8_t timing_bits = 3;
constexpr std::uint8_t other_identity = 4;  ///< not the one that came after the last one before
constexpr std::uint8_t other_data = 8;
constexpr std::uint8_t other_length = 16;
constexpr std::uint8_t other_wire_time = 32;
constexpr std::uint8_t known_bits = 63;

constexpr unsigned kinds = 3;
constexpr unsigned errors = 4;
constexpr std::uint32_t last_standard = 0x7FF;
constexpr std::uint32_t last_extended = 0x1FFFFFFF;

/// Everything of an identity but the identifier, as one small number.
std::uint8_t form_of(const CanIdentity& identity) {
    unsigned form = identity.remote ? 1 : 0;
    form = form * 2 + (identity.extended ? 1 : 0);
    form = form * errors + static_cast<unsigned>(identity.error);
    return static_cast<std::uint8_t>(form * kinds + static_cast<unsigned>(identity.kind));
}

constexpr unsigned forms = 2 * 2 * errors * kinds;

bool is_possible(const CanIdentity& identity) {
    return identity.id <= (identity.extended ? last_extended : last_standard);
}

std::uint64_t packed(const CanIdentity& identity) {
    return std::uint64_t{form_of(identity)} << 32U | identity.id;
}

CanIdentity identity_of(const CanEvent& event) {
    return {event.kind, event.error, event.frame.extended, event.frame.remote, event.frame.id};
}

InputError refuse(const std::string& why) {
    return InputError("the bytes are not a block of CAN frames: " + why);
}

using Data = std::array<std::uint8_t, 8>;
static_assert(std::is_same_v<Data, decltype(CanFrame::data)>);

}  // namespace

CanBlockWriter::CanBlockWriter(std::size_t most)
    : most_(most),
      columns_{ColumnWriter(most, 1),
               ColumnWriter(most, ColumnWriter::longest_varint),
               ColumnWriter(most, ColumnWriter::longest_varint + 1),
               ColumnWriter(most, ColumnWriter::longest_varint),
               ColumnWriter(most, ColumnWriter::longest_varint),
               ColumnWriter(most, 1),
               ColumnWriter(most, 1),
               ColumnWriter(most, sizeof(Data))} {}

void CanBlockWriter::add(const CanEvent& event) {
    const CanIdentity identity = identity_of(event);
    if (full()) throw Error("a block of " + std::to_string(most_) + " CAN events is full");
    if (!is_possible(identity) || event.frame.length > event.frame.data.size()) {
        throw Error("no CAN frame can have identifier " + std::to_string(identity.id) + " and " +
                    std::to_string(event.frame.length) + " bytes");
    }
    std::uint8_t tag = 0;
    std::uint32_t place = states_.empty() ? CanIdentityState::no_next : states_[last_].next;
    if (place == CanIdentityState::no_next || states_[place].identity != identity) {
        tag |= other_identity;
        place = name(identity);
    }
    CanIdentityState& state = states_[place];
    const auto end = static_cast<std::uint64_t>(to_ns(event.time));
    // Differences of times wrap, here and when they are read back.
    tag |= write_time(state, end - static_cast<std::uint64_t>(event.on_wire.count()));
    tag |= write_frame(state, event);
    column(CanColumn::tags).byte(tag);
    if (last_ != CanIdentityState::no_next) states_[last_].next = place;
    last_ = place;
    end_ = end;
    ++size_;
}

std::uint32_t CanBlockWriter::name(const CanIdentity& identity) {
    const auto [found, is_new] =
        places_.try_emplace(packed(identity), static_cast<std::uint32_t>(states_.size()));
    column(CanColumn::others).varint(found->second);
    if (is_new) {
        column(CanColumn::newcomers).byte(form_of(identity));
        column(CanColumn::newcomers).varint(identity.id);
        CanIdentityState& state = states_.emplace_back();
        state.identity = identity;
        state.start = end_;
    }
    return found->second;
}

std::uint8_t CanBlockWriter::write_time(CanIdentityState& state, std::uint64_t start) {
    const std::uint64_t gap = start - end_;
    const std::uint64_t period = start - state.start;
    const bool gap_fits = gap == state.gap;
    const bool period_fits = period == state.period;
    // What fitted last time goes first, so that tags repeat themselves.
    if (gap_fits && (!period_fits || state.timing != after_period)) {
        state.timing = after_gap;
    } else if (period_fits) {
        state.timing = after_period;
    } else {
        state.timing = at_time;
        column(CanColumn::times).varint(zigzag(static_cast<std::int64_t>(period - state.period)));
    }
    state.gap = gap;
    state.period = period;
    state.start = start;
    return state.timing;
}

std::uint8_t CanBlockWriter::write_frame(CanIdentityState& state, const CanEvent& event) {
    std::uint8_t tag = 0;
    const auto on_wire = static_cast<std::uint64_t>(event.on_wire.count());
    if (on_wire != state.on_wire) {
        tag |= other_wire_time;
        column(CanColumn::wires).varint(zigzag(static_cast<std::int64_t>(on_wire - state.on_wire)));
        state.on_wire = on_wire;
    }
    if (event.frame.length != state.length) {
        tag |= other_length;
        column(CanColumn::lengths).byte(event.frame.length);
        state.length = event.frame.length;
    }
    const auto data = std::bit_cast<std::uint64_t>(event.frame.data);
    if (data != state.data) {
        tag |= other_data;
        const auto before = std::bit_cast<Data>(state.data);
        unsigned mask = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const auto step = static_cast<std::uint8_t>(event.frame.data[i] - before[i]);
            if (step == 0) continue;
            mask |= 1U << i;
            column(CanColumn::bytes).byte(step);
        }
        column(CanColumn::masks).byte(static_cast<std::uint8_t>(mask));
        state.data = data;
    }
    return tag;
}

std::string CanBlockWriter::take() {
    ColumnWriter lengths(can_columns + 1, ColumnWriter::longest_varint);
    lengths.varint(size_);
    for (const auto& each : columns_) lengths.varint(each.view().size());
    std::string content(lengths.view());
    for (const auto& each : columns_) content += each.view();
    for (auto& each : columns_) each.clear();
    size_ = 0;
    states_.clear();
    places_.clear();
    last_ = CanIdentityState::no_next;
    end_ = 0;
    return pack_frame(can_magic, content, can_level);
}

CanBlockReader::CanBlockReader(std::string_view blob)
    : content_(unpack_frame(can_magic, blob, "a block of CAN frames")) {
    ColumnReader rest(content_);
    count_ = rest.varint();
    // Every event has a tag, so a damaged count cannot ask for more memory than the block explains.
    if (count_ > content_.size()) throw refuse("their number is impossible");
    std::array<std::uint64_t, can_columns> lengths{};
    for (auto& length : lengths) length = rest.varint();
    for (std::size_t i = 0; i < can_columns; ++i) columns_[i] = rest.take(lengths[i]);
    if (rest.left() != 0) throw refuse("more follows than was announced");
}

bool CanBlockReader::next(CanEvent& event) {
    if (read_ == count_) {
        for (const auto& each : columns_) {
            if (each.left() != 0) throw refuse("a column has more than its events explain");
        }
        return false;
    }
    const std::uint8_t tag = column(CanColumn::tags).byte();
    if (tag > known_bits) throw refuse("an event has no known form");
    const std::uint32_t place = read_place(tag);
    if (last_ != CanIdentityState::no_next) states_[last_].next = place;
    CanIdentityState& state = states_[place];
    const std::uint64_t start = read_start(state, tag);
    state.gap = start - end_;
    state.period = start - state.start;
    state.start = start;
    read_frame(state, tag);
    last_ = place;
    end_ = start + state.on_wire;
    ++read_;

    event.kind = state.identity.kind;
    event.error = state.identity.error;
    event.time = instant_from_ns(static_cast<std::int64_t>(end_));
    event.on_wire = Duration{static_cast<std::int64_t>(state.on_wire)};
    event.frame = {state.identity.id, state.identity.extended, state.identity.remote, state.length,
                   std::bit_cast<Data>(state.data)};
    return true;
}

std::uint32_t CanBlockReader::read_place(std::uint8_t tag) {
    if ((tag & other_identity) == 0) {
        const std::uint32_t next = last_ == CanIdentityState::no_next ? last_ : states_[last_].next;
        if (next == CanIdentityState::no_next)
            throw refuse("an event follows one that nothing has followed before");
        return next;
    }
    const std::uint64_t place = column(CanColumn::others).varint();
    if (place > states_.size()) {
        throw refuse("identifier " + std::to_string(place) + " is not among its " +
                     std::to_string(states_.size()));
    }
    if (place == states_.size()) {
        CanIdentityState& state = states_.emplace_back();
        state.identity = read_identity();
        state.start = end_;
    }
    return static_cast<std::uint32_t>(place);
}

CanIdentity CanBlockReader::read_identity() {
    unsigned form = column(CanColumn::newcomers).byte();
    const std::uint64_t id = column(CanColumn::newcomers).varint();
    if (form >= forms || id > last_extended) throw refuse("an identifier is impossible");
    CanIdentity identity;
    identity.kind = static_cast<CanEvent::Kind>(form % kinds);
    form /= kinds;
    identity.error = static_cast<CanError>(form % errors);
    form /= errors;
    identity.extended = form % 2 != 0;
    identity.remote = form / 2 != 0;
    identity.id = static_cast<std::uint32_t>(id);
    if (!is_possible(identity)) throw refuse("an identifier is impossible");
    return identity;
}

std::uint64_t CanBlockReader::read_start(const CanIdentityState& state, std::uint8_t tag) {
    switch (tag & timing_bits) {
        case after_gap:
            return end_ + state.gap;
        case after_period:
            return state.start + state.period;
        case at_time:
            return state.start + state.period +
                   static_cast<std::uint64_t>(unzigzag(column(CanColumn::times).varint()));
        default:
            throw refuse("an event has no known time");
    }
}

void CanBlockReader::read_frame(CanIdentityState& state, std::uint8_t tag) {
    if ((tag & other_wire_time) != 0)
        state.on_wire += static_cast<std::uint64_t>(unzigzag(column(CanColumn::wires).varint()));
    if ((tag & other_length) != 0) {
        state.length = column(CanColumn::lengths).byte();
        if (state.length > sizeof(Data)) throw refuse("a frame has more than 8 bytes");
    }
    if ((tag & other_data) != 0) {
        auto data = std::bit_cast<Data>(state.data);
        const unsigned mask = column(CanColumn::masks).byte();
        for (std::size_t i = 0; i < data.size(); ++i) {
            if ((mask >> i & 1U) != 0)
                data[i] = static_cast<std::uint8_t>(data[i] + column(CanColumn::bytes).byte());
        }
        state.data = std::bit_cast<std::uint64_t>(data);
    }
}

std::vector<CanEvent> decode_can_events(std::string_view blob) {
    CanBlockReader reader(blob);
    std::vector<CanEvent> events;
    events.reserve(static_cast<std::size_t>(reader.size()));
    CanEvent event;
    while (reader.next(event)) events.push_back(event);
    return events;
}

}  // namespace bmsrig
