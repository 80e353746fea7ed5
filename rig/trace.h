// The trace: everything that happened, as changes of named signals in time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rig/quantity.h"
#include "rig/time.h"

namespace bmsrig {

/// What a signal's values mean.
enum class SignalKind : unsigned char {
    analog,   ///< a number in the signal's unit; NaN: open, floating or absent
    line,     ///< 0 inactive, 1 active, 2 indeterminate
    stage,    ///< 0 low, 1 high, 2 float
    contact,  ///< 0 open, 1 closed
    level     ///< 0 dark or silent, 1 lit or sounding
};
std::string_view to_string(SignalKind kind);
/// A value in the words of its kind: "active", "float", "2.8 V".
std::string describe_value(SignalKind kind, Unit unit, double value);

using SignalId = std::uint32_t;

struct SignalInfo {
    std::string name;  ///< lower case, [a-z0-9_.]; a prefix says whose it is: "uut.load",
                       ///< "line.load", "cells.3"
    SignalKind kind = SignalKind::analog;
    Unit unit = Unit::none;
    std::string other_unit{};  ///< one that the rig does not reckon with: "rpm"
    [[nodiscard]] std::string_view unit_name() const {
        return unit == Unit::none ? std::string_view(other_unit) : to_string(unit);
    }
    bool operator==(const SignalInfo&) const = default;
};

/// One change: from `time` on the signal has `value`, until its next change.
struct Change {
    Instant time;
    double value = 0;
    SignalId signal = 0;
    /// How many changes further back in the trace this signal's previous one is; 0 if this is its
    /// first.
    std::uint32_t back = 0;
};
static_assert(sizeof(Change) <= 32, "a long run holds hundreds of millions of these");

/// A change together with its number in the trace; numbers count from 0 without gaps, in order of
/// arrival.
struct NumberedChange {
    std::uint64_t number = 0;
    Instant time;
    double value = 0;
};

/// A remark in time: the start of a step, an applied fault.
struct Mark {
    Instant time;
    std::string text;
};

/// Takes changes that leave memory, and gives them back. The record implements it.
class TraceStore {
  public:
    virtual ~TraceStore() = default;
    /// Takes the changes numbered first, first+1, ... Called in order, without gaps.
    virtual void write(std::uint64_t first, std::span<const Change> changes) = 0;
    /// Gives back the changes numbered first .. first+count-1, all of which were written before.
    virtual std::vector<Change> read(std::uint64_t first, std::size_t count) = 0;
};

/// The changes of all signals of one test. A signal's times never go back; those of different
/// signals may, since a line's edge is stamped when it happened and arrives later.
class Trace {
  public:
    /// Memory stays below about `memory_limit` bytes once a store is attached; without one all is
    /// kept in memory.
    explicit Trace(std::size_t memory_limit = 32U << 20U);

    void attach(TraceStore* store) { store_ = store; }

    /// Throws InputError if the name is taken or is no signal name.
    SignalId declare(const SignalInfo& info);
    /// The signal of this name, declared now if nobody has. Throws InputError if it is another kind
    /// of signal.
    SignalId find_or_declare(const SignalInfo& info);
    [[nodiscard]] const std::vector<SignalInfo>& signals() const { return infos_; }
    [[nodiscard]] std::optional<SignalId> find(std::string_view name) const;
    /// Throws Error that names similar signals if there is none of this name.
    [[nodiscard]] SignalId require(std::string_view name) const;

    /// Appends a change; a value equal to the present one is no change and is dropped (false).
    /// Throws Error if `time` lies before the signal's last change.
    bool append(SignalId signal, Instant time, double value);
    void mark(Instant time, std::string text);
    [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

    /// How many changes were appended, which is also the number of the next one.
    [[nodiscard]] std::uint64_t size() const { return first_in_memory_ + changes_.size(); }
    [[nodiscard]] std::size_t memory_bytes() const { return changes_.capacity() * sizeof(Change); }

    /// The last change of a signal, if it has any.
    [[nodiscard]] std::optional<NumberedChange> last(SignalId signal) const;
    /// The value in force at `time`; nothing before the first change.
    [[nodiscard]] std::optional<double> value_at(SignalId signal, Instant time) const;
    /// This signal's changes from `from` on (the one in force at `from` included), oldest first, at
    /// most the last `most`.
    [[nodiscard]] std::vector<NumberedChange> changes(SignalId signal, Instant from,
                                                      std::size_t most = SIZE_MAX) const;
    /// This signal's changes numbered `number` and later, oldest first.
    [[nodiscard]] std::vector<NumberedChange> changes_since(SignalId signal,
                                                            std::uint64_t number) const;

    /// Every change in order, a line each: "<ns> <signal> <value>". The same run gives the same
    /// bytes.
    [[nodiscard]] std::string text() const;

    /// Writes what is still in memory to the store; the changes stay readable. No store: does
    /// nothing.
    void flush();
    /// Forgets changes and marks, keeps the declared signals: the next test starts.
    void restart();

  private:
    [[nodiscard]] Change at(std::uint64_t number) const;
    void spill();
    template <typename Visit>
    void walk_back(SignalId signal, Visit visit) const;

    std::size_t limit_;  // in changes
    TraceStore* store_ = nullptr;
    std::vector<SignalInfo> infos_;
    std::unordered_map<std::string, SignalId> ids_;
    struct Last {
        std::uint64_t number = 0;
        Instant time;
        double value = 0;
        bool any = false;
    };
    std::vector<Last> last_;
    std::vector<Change> changes_;  // the newest; numbers first_in_memory_ ...
    std::uint64_t first_in_memory_ = 0;
    std::uint64_t written_ = 0;  // changes below this number are in the store
    std::vector<Mark> marks_;
    mutable std::vector<Change> window_;  // one block read back from the store
    mutable std::uint64_t window_first_ = 0;
};

}  // namespace bmsrig
