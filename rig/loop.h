// The loop: a BMS process joined to the bench's terminals by the wiring, in lock step with the
// rig's time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rig/instruments/instrument.h"
#include "rig/instruments/terminals.h"
#include "rig/line_nets.h"
#include "rig/link/link.h"
#include "rig/trace.h"
#include "rig/wiring.h"

namespace bmsrig {

/// How long the exchanges with the process took, in real time, for the metrics.
struct ExchangeTimes {
    /// Upper ends of the buckets in seconds; the last bucket has none.
    static constexpr std::array<double, 6> bounds{1e-6, 1e-5, 3e-5, 1e-4, 1e-3, 1e-2};
    std::array<std::uint64_t, bounds.size() + 1> counts{};
    double total_seconds = 0;
    void add(double seconds);
};

/// One power-on of a BMS process. Carries what stands at the terminals to its input ports and its
/// outputs to the lines; calls it when an input changed or when it asked to be called.
class Loop {
  public:
    /// Starts the process and checks its greeting against the wiring: every input it has must be
    /// driven, every line's port must exist, and of the right kind. Throws WiringError or
    /// LinkError.
    Loop(const Wiring& wiring, const std::vector<std::string>& products,
         const std::map<std::string, Instrument*>& bench, Trace& trace, LineNets& line_nets,
         const link::Command& command, link::TranscriptSink sink, link::LogSink log,
         Instant power_on);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    [[nodiscard]] const link::Greeting& greeting() const { return link_->greeting(); }
    [[nodiscard]] std::uint64_t exchanges() const { return link_->counts().exchanges; }
    [[nodiscard]] const ExchangeTimes& exchange_times() const { return times_; }

    /// When it must run at the latest; nothing while the process waits for a change of its inputs.
    [[nodiscard]] std::optional<Instant> next_due() const {
        if (!running_) return std::nullopt;
        if (!changed_.empty() || !changed_inputs_.empty() || !received_.empty()) {
            return Instant::min();  // at once
        }
        return next_;
    }
    /// Calls the process if an input changed or its time has come, again at the same instant if its
    /// outputs changed an input. Throws LinkError.
    void run(Instant now);
    /// Power off: ends the process and lets its lines float.
    void stop();

  private:
    struct Input {
        const InputNet* net = nullptr;
        SourceTerminals* terminals = nullptr;
        std::uint32_t port = 0;
        double value = 0;
        bool follows_supply = false;  ///< a contact joins it to the supply in one of its positions
    };
    struct Output {
        SignalId signal = 0;
        std::vector<std::size_t> lines;                       ///< by their numbers in the wiring
        std::vector<std::pair<ProbeTerminals*, int>> probes;  ///< with their channels
        const LoadNet* load = nullptr;
        SourceTerminals* load_terminals = nullptr;
    };

    void bind_inputs(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    [[nodiscard]] std::uint32_t output_read_by(const std::string& where,
                                               const std::string& name) const;
    void bind_lines(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    void refuse_outputs_left_out(const Wiring& wiring) const;
    void bind_readings(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    void bind_loads(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    void bind_buses(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    void bind_bus(std::uint32_t index, const BusNet& net,
                  const std::map<std::string, Instrument*>& bench);
    void declare_outputs();
    void listen();
    [[nodiscard]] double net_value(const Input& input) const;
    void refresh_input(std::size_t index);
    void exchange(Instant now);
    void take_output(const link::PortValue& value, Instant now);
    void transmit(const link::Payload& payload);
    void connect_buses();
    void cut_buses();

    Trace& trace_;
    LineNets& line_nets_;
    std::unique_ptr<link::Link> link_;
    Instant power_on_;
    std::vector<Input> inputs_;
    std::map<std::string, std::vector<std::vector<std::size_t>>>
        inputs_of_;                         // instrument -> channel -> inputs
    std::vector<Output> outputs_;           // by port index
    std::vector<link::PortValue> changed_;  // for the next exchange
    std::vector<bool> is_changed_;          // by input
    std::vector<std::size_t> changed_inputs_;
    /// Where a bus of the greeting ends: one of the two.
    struct BusEnd {
        CanTerminals* can = nullptr;
        SerialTerminals* serial = nullptr;
        int channel = 0;
    };
    std::vector<BusEnd> buses_;            // by the bus's index in the greeting
    std::vector<link::Payload> received_;  // for the next exchange
    std::vector<std::uint8_t> bytes_;      // of the payload being transmitted
    link::Answer answer_;
    std::optional<Instant> next_;
    double supply_ = 0;
    bool running_ = true;
    ExchangeTimes times_;
    std::vector<SourceTerminals*> sources_;
};

}  // namespace bmsrig
