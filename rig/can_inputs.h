// The CAN buses of the wiring as their adapters hear them: frames, and what they mean, into the
// trace.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rig/bus_ends.h"
#include "rig/can_database.h"
#include "rig/can_meanings.h"
#include "rig/can_traffic.h"
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

/// What the UUT did on a bus in a span of time: what had begun before is left out.
struct CanWatch {
    std::vector<TimedFrame> frames;
    std::uint64_t error_frames = 0;  ///< not counting those of the rig's own frames
};

/// The databases that a wiring may name.
struct CanDatabases {
    std::vector<const CanDatabase*> built_in;
    /// Reads a DBC file of the fixture's own; its database outlives the rig. Throws InputError.
    std::function<const CanDatabase&(const std::filesystem::path& file)> load;

    /// `name` is that of a built-in one, or a path ending in .dbc, seen from `folder`. Throws
    /// InputError.
    [[nodiscard]] const CanDatabase& at(const std::string& name,
                                        const std::filesystem::path& folder) const;
};

class CanInputs {
  public:
    explicit CanInputs(Trace& trace) : trace_(trace) {}
    ~CanInputs();
    CanInputs(const CanInputs&) = delete;
    CanInputs& operator=(const CanInputs&) = delete;

    /// Declares the signals of every bus (see CanMeanings and CanTraffic), and listens from `now`
    /// on. The wiring must outlive this. Throws WiringError if a bus ends at no adapter, or a
    /// database is unknown or serves two buses.
    void declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                 const CanDatabases& databases, Instant now);
    /// Who is told of everything on the buses; nullptr: nobody.
    void attach(Journal* journal) { journal_ = journal; }
    /// Seconds in which nothing came are told as well.
    void pass(Instant now);

    [[nodiscard]] std::vector<std::string> names() const { return buses_.names(); }
    // These throw Error naming the CAN buses there are.
    [[nodiscard]] CanAdapter& adapter(std::string_view bus) const {
        return *buses_.at(bus).adapter;
    }
    [[nodiscard]] int channel(std::string_view bus) const { return buses_.at(bus).channel(); }
    /// Those that the wiring names at this bus.
    [[nodiscard]] const std::vector<const CanDatabase*>& databases(std::string_view bus) const {
        return buses_.at(bus).kept.databases;
    }
    /// One of them. Throws InputError naming those there are.
    [[nodiscard]] const CanDatabase& database(std::string_view bus, std::string_view name) const;
    /// Nothing if the identifier has not been heard since the UUT was switched on. Without
    /// `extended` the format that came last is taken.
    [[nodiscard]] std::optional<CanIdentifier> identifier(std::string_view bus, std::uint32_t id,
                                                          std::optional<bool> extended) const;
    /// When a multiplexed signal of the trace was carried last; nothing if it never was.
    [[nodiscard]] std::optional<Instant> carried(std::string_view bus, SignalId signal) const {
        return buses_.at(bus).kept.meanings->carried(signal);
    }
    /// From `now` on every frame is kept, until it is taken.
    void record(std::string_view bus, Instant now);
    CanWatch take_record(std::string_view bus);

  private:
    struct Bus {
        std::optional<CanMeanings> meanings;
        std::optional<CanTraffic> traffic;
        std::vector<const CanDatabase*> databases;
        std::optional<Instant> recorded_from;
        CanWatch record;
    };
    void take(const std::string& name, Bus& bus, const CanEvent& event);
    static void keep(Bus& bus, const CanEvent& event);

    Trace& trace_;
    Journal* journal_ = nullptr;
    BusEnds<CanAdapter, Bus> buses_{"CAN"};
};

}  // namespace bmsrig
