// What the frames of one CAN bus mean, by the databases that the wiring names there.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "rig/can_database.h"
#include "rig/can_frame.h"
#include "rig/can_table.h"
#include "rig/trace.h"

namespace bmsrig {

/// Writes a signal "can.<database>.<signal>", in lower case, for every signal of every database. A
/// frame that several databases know is read by all of them: only a plan knows which one the UUT
/// speaks.
class CanMeanings {
  public:
    explicit CanMeanings(Trace& trace) : trace_(trace) {}

    /// The database must outlive this.
    void add(const CanDatabase& database);
    /// A frame that has come. It says nothing of a multiplexed signal that it does not carry: that
    /// one keeps its value.
    void take(Instant time, const CanFrame& frame);
    /// When a multiplexed signal was carried last; nothing if it never was.
    [[nodiscard]] std::optional<Instant> carried(SignalId signal) const;

  private:
    /// A message of a database, with the signals of the trace that carry its values.
    struct Meaning {
        const CanDatabase* database = nullptr;
        std::size_t message = 0;
        std::vector<SignalId> signals;
        bool multiplexed = false;  ///< one of its signals is
    };
    struct Heard {
        CanFrame frame;  ///< the last one
        bool any = false;
        bool repeats_say_nothing = true;  ///< none of its meanings is multiplexed
        const std::vector<Meaning>* meanings = nullptr;
    };
    [[nodiscard]] const std::vector<Meaning>* meanings_of(const CanFrame& frame) const;
    void decode(const Meaning& meaning, Instant time, const CanFrame& frame);
    void append_carried(const Meaning& meaning, Instant time, const CanFrame& frame);

    Trace& trace_;
    CanTable<std::vector<Meaning>> meanings_;
    CanTable<Heard> heard_;
    std::unordered_map<SignalId, Instant> carried_;  // multiplexed ones
    std::vector<double> values_;
};

}  // namespace bmsrig
