// The CAN buses of the wiring as their adapters hear them: frames, and what they mean, into the
// trace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rig/bus_ends.h"
#include "rig/can_database.h"
#include "rig/instruments/can_adapter.h"
#include "rig/instruments/instrument.h"
#include "rig/journal.h"
#include "rig/trace.h"
#include "rig/wiring.h"

namespace bmsrig {

/// A frame and when it had been received completely.
struct TimedFrame {
    Instant time;
    CanFrame frame;
};

/// What has been heard of one identifier since the test began.
struct CanIdentifier {
    std::uint64_t count = 0;
    Instant time;    ///< of the last frame
    CanFrame frame;  ///< the last one
};

class CanInputs {
  public:
    explicit CanInputs(Trace& trace) : trace_(trace) {}
    ~CanInputs();
    CanInputs(const CanInputs&) = delete;
    CanInputs& operator=(const CanInputs&) = delete;

    /// Declares a signal "can.<database>.<signal>", in lower case, for every signal of every
    /// database of every CAN bus, and listens. The wiring must outlive this. Throws WiringError if
    /// a bus ends at no adapter, or a database is unknown or serves two buses.
    void declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                 const std::vector<const CanDatabase*>& databases);
    /// Who is told of everything on the buses; nullptr: nobody.
    void attach(Journal* journal) { journal_ = journal; }
    /// A test begins: nothing has been heard.
    void restart();

    [[nodiscard]] std::vector<std::string> names() const { return buses_.names(); }
    // These throw Error naming the CAN buses there are.
    [[nodiscard]] CanAdapter& adapter(std::string_view bus) const {
        return *buses_.at(bus).adapter;
    }
    [[nodiscard]] int channel(std::string_view bus) const { return buses_.at(bus).channel(); }
    /// Nothing if the identifier has not been heard.
    [[nodiscard]] std::optional<CanIdentifier> identifier(std::string_view bus, std::uint32_t id,
                                                          bool extended) const;
    /// From now on every frame is kept, until it is taken.
    void record(std::string_view bus);
    std::vector<TimedFrame> take_record(std::string_view bus);

  private:
    /// A message of a database, with the signals of the trace that carry its values.
    struct Meaning {
        const CanDatabase* database = nullptr;
        std::size_t message = 0;
        std::vector<SignalId> signals;
    };
    struct Heard {
        CanIdentifier state;
        const Meaning* meaning = nullptr;
    };
    struct Frames {
        std::unordered_map<std::uint32_t, Meaning> meanings;  // by key of the identifier
        std::unordered_map<std::uint32_t, Heard> heard;
        bool is_recorded = false;
        std::vector<TimedFrame> record;
    };
    static std::uint32_t key(std::uint32_t id, bool extended);
    void add(Frames& bus, const CanDatabase& database);
    void take(const std::string& name, Frames& bus, const CanEvent& event);
    void hear(Frames& bus, Instant time, const CanFrame& frame);
    void decode(const Meaning& meaning, Instant time, const CanFrame& frame);

    Trace& trace_;
    Journal* journal_ = nullptr;
    BusEnds<CanAdapter, Frames> buses_{"CAN"};
    std::vector<double> values_;
};

}  // namespace bmsrig
