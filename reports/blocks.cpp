#include "reports/blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "reports/columns.h"
#include "reports/decimal.h"
#include "reports/frame.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::string_view changes_magic = "BMC1";
constexpr std::string_view text_magic = "BMT1";
/// Level 1 keeps up with the rig; texts are few and repeat themselves, so they may cost more.
constexpr int changes_level = 1;
constexpr int text_level = 3;
constexpr SignalId most_signals = 1U << 20U;

/// How a value is written: by scale and nudge, or as its bits. Stands in a column of its own.
constexpr std::uint8_t raw_tag = 9;
constexpr std::uint8_t decimal_tag(std::size_t scale, int nudge) {
    return static_cast<std::uint8_t>(scale * 3 + static_cast<std::size_t>(nudge + 1));
}

/// What is remembered of a signal within one block, on both sides.
struct SignalState {
    std::uint64_t last_index = 0;
    double value = 0;
    std::uint8_t scale = 0;  ///< writing only: coarser ones have failed
    bool seen = false;
};

/// The columns of a block, in the order in which they are written.
enum Column : std::size_t { times, signals, backs, tags, steps, words, column_count };

class ChangesEncoder {
  public:
    explicit ChangesEncoder(std::span<const Change> changes, std::size_t signal_count)
        : changes_(changes),
          columns_{
              ColumnWriter(changes.size(), ColumnWriter::longest_varint),
              ColumnWriter(changes.size(), ColumnWriter::longest_varint),
              ColumnWriter(std::min(changes.size(), signal_count), ColumnWriter::longest_varint),
              ColumnWriter(changes.size(), 1),
              ColumnWriter(changes.size(), ColumnWriter::longest_varint),
              ColumnWriter(changes.size(), sizeof(std::uint64_t))},
          states_(signal_count) {}

    std::string encode() {
        std::int64_t time = 0;
        SignalId signal = 0;
        for (const Change& change : changes_) {
            const std::int64_t now = to_ns(change.time);
            // The difference may overflow for times at both ends of the range; it wraps back when
            // decoded.
            columns_[times].varint(zigzag(static_cast<std::int64_t>(
                static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(time))));
            // Instruments scan their channels, so the next signal is the likeliest.
            columns_[signals].varint(
                zigzag(std::int64_t{change.signal} - std::int64_t{signal} - 1));
            SignalState& state = states_[change.signal];
            if (!state.seen) {
                columns_[backs].varint(change.back);
                state.seen = true;
            }
            write_value(change.value, state);
            state.value = change.value;
            time = now;
            signal = change.signal;
        }
        return assemble();
    }

  private:
    void write_value(double value, SignalState& state) {
        for (std::size_t scale = state.scale; scale < decimal_scales.size(); ++scale) {
            const auto decimal = to_decimal(value, decimal_scales[scale]);
            if (!decimal) continue;
            state.scale = static_cast<std::uint8_t>(scale);
            columns_[tags].byte(decimal_tag(scale, decimal->nudge));
            columns_[steps].varint(
                zigzag(decimal->steps - decimal_steps(state.value, decimal_scales[scale])));
            return;
        }
        columns_[tags].byte(raw_tag);
        columns_[words].word(std::bit_cast<std::uint64_t>(value) ^
                             std::bit_cast<std::uint64_t>(state.value));
    }

    std::string assemble() const {
        ColumnWriter lengths(column_count + 2, ColumnWriter::longest_varint);
        lengths.varint(changes_.size());
        lengths.varint(states_.size());
        std::size_t size = 0;
        for (const auto& column : columns_) {
            lengths.varint(column.view().size());
            size += column.view().size();
        }
        std::string content;
        content.reserve(lengths.view().size() + size);
        content += lengths.view();
        for (const auto& column : columns_) content += column.view();
        return pack_frame(changes_magic, content, changes_level);
    }

    std::span<const Change> changes_;
    std::array<ColumnWriter, column_count> columns_;
    std::vector<SignalState> states_;
};

class ChangesDecoder {
  public:
    explicit ChangesDecoder(std::string_view content) {
        ColumnReader rest(content);
        count_ = rest.varint();
        const std::uint64_t signal_count = rest.varint();
        // Every change has a byte at least, so a damaged count cannot ask for more memory than the
        // block explains.
        if (count_ > content.size() || signal_count > most_signals) {
            throw InputError("the bytes are not a block of changes: their numbers are impossible");
        }
        states_.resize(static_cast<std::size_t>(signal_count));
        std::array<std::uint64_t, column_count> lengths{};
        for (auto& length : lengths) length = rest.varint();
        for (std::size_t i = 0; i < column_count; ++i) columns_[i] = rest.take(lengths[i]);
        if (rest.left() != 0)
            throw InputError(
                "the bytes are not a block of changes: more follows than was announced");
    }

    std::vector<Change> decode() {
        std::vector<Change> changes;
        changes.reserve(static_cast<std::size_t>(count_));
        std::uint64_t time = 0;
        std::int64_t signal = 0;
        for (std::uint64_t i = 0; i < count_; ++i) {
            time += static_cast<std::uint64_t>(unzigzag(columns_[times].varint()));
            const auto step = static_cast<std::uint64_t>(unzigzag(columns_[signals].varint()));
            signal = static_cast<std::int64_t>(static_cast<std::uint64_t>(signal) + step + 1);
            if (signal < 0 || std::cmp_greater_equal(signal, states_.size())) {
                throw InputError("the bytes are not a block of changes: signal " +
                                 std::to_string(signal) + " is not among its " +
                                 std::to_string(states_.size()));
            }
            SignalState& state = states_[static_cast<std::size_t>(signal)];
            const std::uint64_t back = state.seen ? i - state.last_index : columns_[backs].varint();
            state.value = read_value(state.value);
            state.last_index = i;
            state.seen = true;
            changes.push_back({instant_from_ns(static_cast<std::int64_t>(time)), state.value,
                               static_cast<SignalId>(signal), static_cast<std::uint32_t>(back)});
        }
        return changes;
    }

  private:
    double read_value(double before) {
        const std::uint8_t tag = columns_[tags].byte();
        if (tag == raw_tag) {
            return std::bit_cast<double>(columns_[words].word() ^
                                         std::bit_cast<std::uint64_t>(before));
        }
        if (tag > raw_tag)
            throw InputError("the bytes are not a block of changes: a value has no known form");
        const double scale = decimal_scales.at(tag / 3U);
        const auto delta = static_cast<std::uint64_t>(unzigzag(columns_[steps].varint()));
        const auto sum = static_cast<std::uint64_t>(decimal_steps(before, scale)) + delta;
        return decimal_value({static_cast<std::int64_t>(sum), tag % 3 - 1}, scale);
    }

    std::uint64_t count_ = 0;
    std::array<ColumnReader, column_count> columns_;
    std::vector<SignalState> states_;
};

}  // namespace

std::string encode_changes(std::span<const Change> changes) {
    SignalId most = 0;
    for (const Change& change : changes) most = std::max(most, change.signal);
    if (most >= most_signals) {
        throw Error("signal number " + std::to_string(most) +
                    " cannot be stored; expected less than " + std::to_string(most_signals));
    }
    return ChangesEncoder(changes, changes.empty() ? 0 : most + 1).encode();
}

std::vector<Change> decode_changes(std::string_view blob) {
    return ChangesDecoder(unpack_frame(changes_magic, blob, "a block of changes")).decode();
}

std::string encode_text(std::string_view text) {
    return pack_frame(text_magic, text, text_level);
}

std::string decode_text(std::string_view blob) {
    return unpack_frame(text_magic, blob, "a block of text");
}

}  // namespace bmsrig
