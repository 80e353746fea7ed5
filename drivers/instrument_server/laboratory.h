// A laboratory without hardware: the virtual instruments of a bench with a BMS process behind them,
// in real time, each served over its real wire.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/instrument_server/bridge.h"
#include "drivers/instrument_server/served_bench.h"
#include "rig/clock.h"
#include "rig/config/bench.h"
#include "rig/config/fixture.h"
#include "rig/driver_context.h"
#include "rig/instruments/uut_host.h"
#include "rig/line_nets.h"
#include "rig/loop.h"
#include "rig/scheduler.h"
#include "rig/scratch_files.h"
#include "rig/trace.h"

namespace bmsrig {

class UutServer;

struct LaboratoryOptions {
    std::filesystem::path fixture;                              ///< the product's folder
    std::filesystem::path bench;                                ///< a bench file with `serve:`
    std::vector<std::pair<std::string, std::string>> settings;  ///< over the bench's
    std::string process_folder;  ///< where the fixtures' own BMS processes stand
    std::string today;           ///< ISO 8601
    /// What comes and goes on the wires, one line each; may be empty.
    std::function<void(std::string_view line)> log;
};

/// What is plugged in stays as it is when a rig connects or leaves, as in a laboratory.
class Laboratory {
  public:
    using MakeInstrument =
        std::function<std::unique_ptr<Instrument>(const InstrumentSpec&, const DriverContext&)>;

    /// Everything is served from here on, though nobody answers before run(). Throws InputError
    /// with file and line, and InstrumentError where a wire cannot be opened.
    Laboratory(LaboratoryOptions options, const MakeInstrument& make_instrument);
    ~Laboratory();
    Laboratory(const Laboratory&) = delete;
    Laboratory& operator=(const Laboratory&) = delete;

    [[nodiscard]] const std::vector<ServedInstrument>& served() const { return served_; }
    /// The bench file by which a rig finds all this.
    [[nodiscard]] std::string bench_text() const;

    /// Runs until `check`, called at least every 50 ms, throws or returns false.
    void run(const std::function<bool()>& check);

    /// Starts the BMS process, after ending the one that runs, on a bench wired by these settings.
    /// Throws Error in words.
    HostedGreeting power_on(const HostedUut& uut, UutHost::LogListener log);
    void power_off();
    /// Who is told that a BMS process has ended by itself, in words.
    void on_failure(std::function<void(std::string_view)> listener) {
        failure_ = std::move(listener);
    }
    [[nodiscard]] std::uint64_t exchanges() const { return loop_ ? loop_->exchanges() : 0; }

  private:
    void open_instruments(const MakeInstrument& make_instrument);
    void serve_all();
    void serve(const InstrumentSpec& said);
    Instrument& served_instrument(const InstrumentSpec& spec, const std::string& name) const;
    [[nodiscard]] Fixture load_fixture(
        const std::vector<std::pair<std::string, std::string>>& more) const;
    [[nodiscard]] std::string command_line(const std::string& asked) const;
    void catch_up();
    void advance(Instant to);
    void run_uut(Instant now);
    void step();

    LaboratoryOptions options_;
    Bench bench_;
    FixtureFiles fixture_files_;
    Fixture fixture_;
    Reactor reactor_;
    std::unique_ptr<Clock> clock_;
    Scheduler scheduler_;
    Trace trace_;
    std::vector<std::unique_ptr<Instrument>> instruments_;
    std::map<std::string, Instrument*> by_name_;
    ScratchFiles scratch_files_;
    std::optional<LineNets> line_nets_;
    std::optional<Loop> loop_;
    std::function<void(std::string_view)> failure_;
    std::vector<ServedInstrument> served_;
    std::vector<std::unique_ptr<Bridge>> bridges_;  // last: they use all of the above
};

}  // namespace bmsrig
