// The rig: owns the clock, the trace, the instruments and the UUT's link, and lets time run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/can_inputs.h"
#include "rig/can_rate_detection.h"
#include "rig/can_repeats.h"
#include "rig/clock.h"
#include "rig/config/bench.h"
#include "rig/config/fixture.h"
#include "rig/driver_context.h"
#include "rig/guard/guard.h"
#include "rig/instruments/meter.h"
#include "rig/instruments/uut_host.h"
#include "rig/journal.h"
#include "rig/line_inputs.h"
#include "rig/line_nets.h"
#include "rig/loop.h"
#include "rig/punctuality.h"
#include "rig/real_time.h"
#include "rig/scheduler.h"
#include "rig/scratch_files.h"
#include "rig/serial_inputs.h"
#include "rig/stimuli.h"
#include "rig/trace.h"

namespace bmsrig {

/// Makes the instrument that a bench file describes; drivers/registry.h has the real one.
using InstrumentFactory =
    std::function<std::unique_ptr<Instrument>(const InstrumentSpec&, const DriverContext&)>;

/// What a run is made of.
struct RigOptions {
    std::filesystem::path fixture;                              ///< the product's folder
    std::filesystem::path bench;                                ///< the bench file
    std::vector<std::pair<std::string, std::string>> settings;  ///< the user's, over the bench's
    std::string uut;                    ///< command of the UUT; empty: what the bench file says
    std::string process_folder;         ///< where the fixtures' own BMS processes stand
    std::optional<std::uint64_t> seed;  ///< instead of the bench's
    /// Opens a bench that was left unsafe as well; no test can begin on it.
    bool only_to_make_safe = false;
    Duration answer_timeout = std::chrono::seconds{5};
    CanDatabases can_databases{};  ///< that a fixture may name
};

/// A line that the UUT logged.
struct LogLine {
    Instant time;
    std::string text;
};

/// One bench with one UUT. A test is begin_test(), what the plan does, end_test(); whatever happens
/// in between, end_test() and the destructor put the bench in its safe state and leave no process
/// behind.
class Rig {
  public:
    Rig(RigOptions options, const InstrumentFactory& make_instrument);
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    [[nodiscard]] const Fixture& fixture() const { return *fixture_; }
    [[nodiscard]] const Bench& bench() const { return bench_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    [[nodiscard]] const std::string& uut_command() const { return uut_; }
    [[nodiscard]] const std::vector<std::unique_ptr<Instrument>>& instruments() const {
        return instruments_;
    }
    /// What the UUT said of itself at its last start; nothing before the first, and of a board on
    /// the bench.
    [[nodiscard]] const std::optional<link::Greeting>& greeting() const { return greeting_; }

    /// Who is told of measurements, logs and the link's lines (may be nullptr), and where the trace
    /// goes.
    void attach(Journal* journal, TraceStore* store);
    /// Whether the link's lines go to the journal, from the UUT's next start on; a soak test of a
    /// day has millions of them.
    void keep_transcripts(bool keep) { keep_transcripts_ = keep; }
    /// Called often while time runs; may throw to stop the rig (Ctrl-C).
    void set_interrupt_check(std::function<void()> check);

    /// Time is zero again: instruments as after power-on with noise from `seed`, the baseline
    /// applied, the UUT powered, everything settled.
    void begin_test(std::uint64_t seed);
    /// The same, but nothing is applied and the UUT is off: what stands on the lines comes from the
    /// wiring alone.
    void begin_unpowered(std::uint64_t seed);
    /// Bench safe, UUT off, trace flushed. Throws the first problem after doing all of it.
    void end_test();
    /// Switches the UUT off, takes every fault back, applies the baseline and switches it on with
    /// these settings over the run's. Throws InputError for an unknown setting or a value out of
    /// range.
    void power_cycle(const std::vector<std::pair<std::string, std::string>>& settings);
    /// Switches the UUT off; it stays so until power_cycle(). Its scratch files may be looked at
    /// and changed meanwhile.
    void turn_off();
    /// The file that the UUT was given under the name of a setting. Throws Error naming those there
    /// are.
    [[nodiscard]] std::filesystem::path scratch_file(std::string_view setting) const {
        return scratch_files_.path(fixture_->settings, setting);
    }
    /// Every output off, every fault open, every contact open; UUT off. Harmless at any time.
    void make_safe();
    /// After make_safe() of a bench that was left unsafe, and once somebody has seen that it is
    /// safe: takes its marker away.
    void confirm_safe();
    /// Who guards the bench, in words for the record; empty where nothing needs a guard.
    [[nodiscard]] std::string guard_text() const;

    // Time.
    [[nodiscard]] Instant now() const { return scheduler_.now(); }
    /// In real time, lets the rig run up to the present moment: what happened while the plan's own
    /// code took its time is done, and the next stimulus is stamped when it is applied. Whatever
    /// lets time run or applies something does this first.
    void catch_up();
    /// Throws Error where a test would outlast its clock (292 years), and for a negative duration.
    void run_for(Duration duration) { run_until(after(duration)); }
    void run_until(Instant until);
    /// When all that was applied so far has settled at the terminals; now() if it has.
    [[nodiscard]] Instant settled_at() const;
    /// Runs until all that was applied stands at the terminals, and the UUT has had its reaction
    /// time since.
    void settle();
    /// Runs until the signal takes this value, or `timeout` has passed (nothing). Returns at once
    /// if it has it already; the change returned is the one that brought the value.
    std::optional<NumberedChange> wait_for(SignalId signal, double value, Duration timeout);
    /// Runs for `duration`, or until the signal changes: that change, if it does.
    std::optional<NumberedChange> watch(SignalId signal, Duration duration);

    // Stimuli and readings.
    [[nodiscard]] Stimuli& stimuli() {
        catch_up();
        return *stimuli_;
    }
    [[nodiscard]] Trace& trace() { return trace_; }
    /// Throws Error naming the lines there are.
    [[nodiscard]] SignalId line_signal(std::string_view line) const { return lines_.signal(line); }
    [[nodiscard]] LineReading read_line(std::string_view line) const { return lines_.read(line); }
    /// Joins another bias to the line's reader and waits for its debounce.
    void set_bias(std::string_view line, Bias bias);
    /// How long after its first contact an edge is known.
    [[nodiscard]] Duration debounce(std::string_view line) const { return lines_.debounce(line); }
    [[nodiscard]] Duration stamp_uncertainty(std::string_view line) const {
        return lines_.stamp_uncertainty(line);
    }

    /// What a meter reads at one of the UUT's analogue outputs now, also into the trace; NaN if
    /// nothing stands there. Throws Error naming the readings there are.
    double read_meter(std::string_view reading);
    /// Half width of what is not known of a reading.
    [[nodiscard]] double meter_accuracy(std::string_view reading) const;

    [[nodiscard]] bool uut_is_off() const { return !is_powered_; }

    // Buses. These throw Error naming the buses there are.
    [[nodiscard]] const CanInputs& can() const { return can_; }
    [[nodiscard]] CanInputs& can() { return can_; }
    void send_can(std::string_view bus, const CanFrame& frame);
    /// Sends a frame now and after each period until the test ends or it is stopped. Throws
    /// InputError if the period is not longer than nothing.
    CanRepeats::Id repeat_can(std::string_view bus, const CanFrame& frame, Duration period);
    void stop_repeating_can(CanRepeats::Id id) { can_repeats_.stop(id); }
    /// See rig/can_rate_detection.h.
    CanRateFound detect_can_bit_rate(std::string_view bus, const CanRateSearch& search);
    /// How much of the last whole second a bus was held, in %.
    [[nodiscard]] double can_load(std::string_view bus);
    /// Runs until another frame of this identifier has come, without `extended` in either format;
    /// false if `timeout` has passed without.
    bool wait_for_can(std::string_view bus, std::uint32_t id, std::optional<bool> extended,
                      Duration timeout);
    /// Runs for `duration`: what the UUT began and ended on the bus meanwhile.
    CanWatch watch_can(std::string_view bus, Duration duration);
    [[nodiscard]] const SerialInputs& serial() const { return serial_; }
    void send_serial(std::string_view bus, std::span<const std::uint8_t> bytes);
    std::vector<TimedByte> take_serial(std::string_view bus) { return serial_.take(bus); }
    /// Runs until there are bytes to take; false if `timeout` has passed without.
    bool wait_for_serial(std::string_view bus, Duration timeout);

    /// What the UUT logged in this test, oldest first.
    [[nodiscard]] const std::vector<LogLine>& uut_log() const { return uut_log_; }
    /// Runs until the UUT has logged a line that contains `text`, not looking at the first `from`
    /// lines: its number, or nothing if `timeout` has passed.
    std::optional<std::size_t> wait_for_log(std::string_view text, std::size_t from,
                                            Duration timeout);

    // Judging.
    /// Judges a value by the fixture's limit of this name and tells the journal. Times are rounded
    /// to whole nanoseconds. Throws Error if there is no such limit or a number is not finite.
    Measurement measure(std::string_view name, double value, double uncertainty,
                        std::string comment = {});
    /// The worst verdict of this test's measurements.
    [[nodiscard]] Verdict verdict() const { return verdict_; }
    [[nodiscard]] const std::vector<Measurement>& failed() const { return failed_; }

    void mark(std::string text) {
        catch_up();
        trace_.mark(now(), std::move(text));
    }
    void log(std::string_view source, std::string_view text);

    // For the metrics, since the rig was made.
    [[nodiscard]] std::uint64_t exchanges() const;
    [[nodiscard]] ExchangeTimes exchange_times() const;
    [[nodiscard]] std::uint64_t power_cycles() const { return power_cycles_; }
    /// Of this test, in real time.
    [[nodiscard]] const Punctuality& punctuality() const { return punctuality_; }
    /// How late the rig is on this machine, with something to do after every `period`.
    Punctuality measure_punctuality(Duration period, Duration duration);
    /// What the operating system grants; empty in virtual time.
    [[nodiscard]] std::string real_time() const { return real_time_ ? real_time_->text() : ""; }

  private:
    [[nodiscard]] Fixture load_fixture(
        const std::vector<std::pair<std::string, std::string>>& plan_settings) const;
    void restart_bench(std::uint64_t seed);
    void join_bench();
    void take_bench();
    void open_instruments(const InstrumentFactory& make_instrument);
    [[nodiscard]] std::vector<SafeAction> safe_actions() const;
    void arm_guard();
    void look_after_guard();
    void declare_signals();
    void power_on();
    void start_process();
    void start_hosted();
    void power_off();
    void refuse_settings_of_a_board(
        const std::vector<std::pair<std::string, std::string>>& settings) const;
    void cut_supply();
    void on_uut_log(std::string_view line);
    [[nodiscard]] Instant after(Duration duration);
    void note_lateness(Instant due);
    void log_timing();
    void open_clock();
    Instant wait_for_next(Instant limit);
    bool step(Instant limit);
    template <typename Find>
    std::optional<NumberedChange> find_change(Instant deadline, const Find& find);
    void check_interrupt();
    [[nodiscard]] std::string resolve_uut() const;
    void check_uut() const;
    Meter& meter_of(const ReadingNet& net) const;

    RigOptions options_;
    Bench bench_;
    std::uint64_t seed_;
    std::string uut_;
    FixtureFiles fixture_files_;
    Fixture run_fixture_;               ///< with the run's settings
    std::optional<Fixture> fixture_;    ///< with those of the test
    std::unique_ptr<Reactor> reactor_;  ///< of a bench in real time
    std::optional<RealTime> real_time_;
    Punctuality punctuality_;
    std::unique_ptr<Clock> clock_;
    Scheduler scheduler_;
    Trace trace_;
    LineInputs lines_{trace_};
    /// Of a bench in real time. Before the instruments: when they have let go of their lines it
    /// makes the bench safe if the rig could not, and only then may others have the bench.
    std::unique_ptr<Guard> guard_;
    std::vector<std::unique_ptr<Instrument>> instruments_;
    std::map<std::string, Instrument*> by_name_;
    UutHost* host_ = nullptr;  ///< that runs the UUT, if the bench has one
    CanInputs can_{trace_};    // after the instruments, at which they listen
    CanRepeats can_repeats_{scheduler_};
    SerialInputs serial_;
    ScratchFiles scratch_files_;
    std::optional<Stimuli> stimuli_;
    std::optional<LineNets> line_nets_;
    std::optional<Loop> loop_;
    std::optional<link::Greeting> greeting_;

    std::uint64_t test_seed_ = 0;
    std::vector<LogLine> uut_log_;
    Journal* journal_ = nullptr;
    bool keep_transcripts_ = true;
    bool is_stepping_ = false;
    bool is_catching_up_ = false;
    bool is_powered_ = false;
    bool is_in_test_ = false;
    std::function<void()> interrupt_check_;
    Verdict verdict_ = Verdict::pass;
    std::vector<Measurement> failed_;
    std::uint64_t steps_ = 0;
    int session_ = 0;
    std::uint64_t power_cycles_ = 0;
    std::uint64_t past_exchanges_ = 0;
    ExchangeTimes past_times_;
};

}  // namespace bmsrig
