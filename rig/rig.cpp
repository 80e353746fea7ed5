#include "rig/rig.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rig/config/bench_check.h"
#include "rig/end_of.h"
#include "rig/error.h"
#include "rig/instruments/in_turn.h"
#include "rig/link/interrupt.h"

namespace bmsrig {

namespace {

/// Each overrun of the rig's own loop, so that a picture of the test shows when it was late.
constexpr std::string_view lateness_signal = "rig.lateness";
constexpr std::string_view supply_port = "supply";
constexpr Duration report_latency = std::chrono::milliseconds{5};
/// The UUT's command where a UUT host is left to choose.
constexpr std::string_view chosen_by_host = "hosted";

constexpr std::uint64_t steps_between_interrupt_checks = 256;

void add(ExchangeTimes& sum, const ExchangeTimes& more) {
    for (std::size_t i = 0; i < sum.counts.size(); ++i) sum.counts.at(i) += more.counts.at(i);
    sum.total_seconds += more.total_seconds;
}

}  // namespace

Rig::Rig(RigOptions options, const InstrumentFactory& make_instrument)
    : options_(std::move(options)),
      bench_(Bench::load(options_.bench)),
      seed_(options_.seed.value_or(bench_.seed)),
      fixture_files_(options_.fixture),
      run_fixture_(load_fixture({})),
      fixture_(run_fixture_) {
    check_bench(*fixture_, bench_);
    open_clock();
    take_bench();
    open_instruments(make_instrument);
    uut_ = resolve_uut();
    declare_signals();
    check_uut();
    // Wiring faults that cannot be are refused now, not in the first test.
    line_nets_.emplace(fixture_->wiring, by_name_, bench_.wiring_faults);
    line_nets_.reset();
}

Rig::~Rig() {
    try {
        make_safe();
    } catch (const std::exception& problem) {
        // Nobody is left to catch it, and the other instruments have been made safe.
        try {
            log("rig", std::string("while making the bench safe: ") + problem.what());
        } catch (...) {
            verdict_ = Verdict::error;
        }
    }
}

/// A board on the bench cannot move virtual lines: everything would read as a dead unit.
void Rig::check_uut() const {
    if (uut_ != "none") return;
    for (const LineNet& net : fixture_->wiring.lines()) {
        if (dynamic_cast<SenseTerminals*>(by_name_.at(net.reader.instrument)) == nullptr) continue;
        throw InputError(bench_.file.string(), 0,
                         "uut: none means a board on the bench, but line " + net.name +
                             " is read by the virtual instrument \"" + net.reader.instrument +
                             "\", which no board can reach; expected a line bank of real lines, or "
                             "a BMS process as the uut");
    }
}

std::string Rig::resolve_uut() const {
    if (!options_.uut.empty()) return options_.uut;
    if (!bench_.uut.empty()) return bench_.uut;
    if (host_ != nullptr) return std::string(chosen_by_host);
    const std::string path =
        (std::filesystem::path(options_.process_folder) / fixture_->process).string();
    return "\"" + path + "\"";
}

Fixture Rig::load_fixture(
    const std::vector<std::pair<std::string, std::string>>& plan_settings) const {
    Settings settings = fixture_files_.settings();
    bench_.apply_settings(settings);
    for (const auto& [name, value] : options_.settings)
        settings.set(name, value, "--set " + name + "=" + value);
    for (const auto& [name, value] : plan_settings)
        settings.set(name, value, "setting " + name + " of the test plan");
    return Fixture::load(fixture_files_, settings);
}

void Rig::open_clock() {
    if (bench_.clock == ClockKind::virtual_time) {
        clock_ = make_virtual_clock();
        return;
    }
    reactor_ = std::make_unique<Reactor>();
    real_time_.emplace();
    clock_ = make_real_clock(*reactor_);
    trace_.declare({std::string(lateness_signal), SignalKind::analog, Unit::second});
    reactor_->set_runner([this](Instant limit) {
        if (is_stepping_) {
            reactor_->run_one(limit);
        } else {
            step(limit);
        }
    });
}

/// Before any instrument is opened: opening may disturb what another rig does with it.
void Rig::take_bench() {
    if (!reactor_) return;
    guard_ =
        std::make_unique<Guard>(bench_.file, bench_.guard.limits, bench_.guard.off_because.empty());
    guard_->state().take(options_.only_to_make_safe);
}

std::vector<SafeAction> Rig::safe_actions() const {
    std::vector<SafeAction> actions;
    for (const auto& instrument : instruments_) {
        for (SafeAction& action : instrument->safe_actions()) {
            action.instrument = instrument->name();
            actions.push_back(std::move(action));
        }
    }
    return actions;
}

/// Once the instruments' connections stand, and before an output is switched on.
void Rig::arm_guard() {
    if (!guard_) return;
    const std::vector<SafeAction> actions = safe_actions();
    if (actions.empty()) return;
    guard_->start(std::filesystem::path(options_.process_folder) / "bmsrig-guard");
    guard_->arm(actions);
}

void Rig::look_after_guard() {
    if (guard_) guard_->check();
}

std::string Rig::guard_text() const {
    if (!guard_) return {};
    if (!bench_.guard.off_because.empty()) return "off: " + bench_.guard.off_because;
    return guard_->pid() < 0 ? "" : "on: " + guard_->means();
}

void Rig::confirm_safe() {
    if (guard_) guard_->state().unmark();
}

void Rig::open_instruments(const InstrumentFactory& make_instrument) {
    const DriverContext context{scheduler_, seed_, reactor_.get(), [this](std::string_view name) {
                                    const auto found = by_name_.find(std::string(name));
                                    return found == by_name_.end() ? nullptr : found->second;
                                }};
    std::string problems;  // somebody who mends a bench wants to know all of them
    for (const InstrumentSpec& spec : bench_.instruments) {
        try {
            instruments_.push_back(make_instrument(spec, context));
        } catch (const InputError& problem) {
            if (problems.empty()) throw;  // otherwise it may only miss an instrument before it
            problems += std::string("\n") + problem.what();
            continue;
        } catch (const Error& problem) {
            problems += (problems.empty() ? "" : "\n") + std::string(problem.what());
            continue;
        }
        by_name_.emplace(spec.name, instruments_.back().get());
        if (auto* host = dynamic_cast<UutHost*>(instruments_.back().get())) {
            host_ = host;
            host_->on_log([this](std::string_view line) { on_uut_log(line); });
        }
    }
    if (!problems.empty()) throw InstrumentError(problems);
    stimuli_.emplace(fixture_->wiring, by_name_, trace_, scheduler_, seed_);
}

Meter& Rig::meter_of(const ReadingNet& net) const {
    return end_of<Meter>(by_name_, net.meter, fixture_->wiring, "reading " + net.name, net.line);
}

/// The signals of all lines and readings, whose instruments must be there.
void Rig::declare_signals() {
    lines_.declare(fixture_->wiring, by_name_);
    can_.declare(fixture_->wiring, by_name_, options_.can_databases, now());
    serial_.declare(fixture_->wiring, by_name_);
    for (const ReadingNet& net : fixture_->wiring.readings()) {
        static_cast<void>(meter_of(net));
        trace_.find_or_declare({"reading." + net.name, SignalKind::analog, net.unit});
    }
}

void Rig::attach(Journal* journal, TraceStore* store) {
    journal_ = journal;
    can_.attach(journal);
    trace_.attach(store);
}

void Rig::set_interrupt_check(std::function<void()> check) {
    interrupt_check_ = std::move(check);
    link::set_interrupt_check(interrupt_check_);
}

void Rig::check_interrupt() {
    const Watch::Scope in_plan(Watch::Where::plan);
    if (interrupt_check_) interrupt_check_();
}

void Rig::begin_test(std::uint64_t seed) {
    restart_bench(seed);
    if (uut_ == "none") run_for(fixture_->off_time);  // its outputs off, the bench feeds it nothing
    stimuli_->apply_baseline(fixture_->baseline, now());
    power_on();
    settle();
}

void Rig::begin_unpowered(std::uint64_t seed) {
    restart_bench(seed);
    run_until(settled_at());
}

void Rig::restart_bench(std::uint64_t seed) {
    if (options_.only_to_make_safe) {
        throw Error("no test can begin on a bench that was opened to be made safe");
    }
    power_off();
    check_interrupt();
    stimuli_->quiet();
    can_repeats_.stop_all();
    line_nets_.reset();
    fixture_ = run_fixture_;
    clock_->restart();
    scheduler_.restart();
    trace_.restart();
    punctuality_.restart(bench_.allowed_lateness);
    is_in_test_ = true;
    uut_log_.clear();
    verdict_ = Verdict::pass;
    failed_.clear();
    session_ = 0;
    test_seed_ = seed;
    for (const auto& instrument : instruments_) instrument->restart(seed);
    arm_guard();
    lines_.restart();
    serial_.restart();
    scratch_files_.clear();
    join_bench();
}

/// Joins the instruments to the nets of the fixture in force.
void Rig::join_bench() {
    stimuli_.emplace(fixture_->wiring, by_name_, trace_, scheduler_, test_seed_);
    declare_signals();
    lines_.begin(now());
    line_nets_.emplace(fixture_->wiring, by_name_, bench_.wiring_faults);
}

void Rig::power_on() {
    run_until(settled_at());  // the UUT wakes up on a bench that stands still
    greeting_.reset();
    is_powered_ = true;
    if (uut_ == "none") return;
    ++power_cycles_;
    if (host_ != nullptr) {
        start_hosted();
    } else {
        start_process();
    }
    run_until(now());  // the first exchange
}

void Rig::on_uut_log(std::string_view line) {
    uut_log_.push_back({now(), std::string(line)});
    log("uut", line);
}

void Rig::start_hosted() {
    HostedUut uut;
    if (uut_ != chosen_by_host) uut.command = uut_;
    uut.settings = fixture_->settings.explicit_values();
    const auto scratch_files = scratch_files_.arguments(fixture_->settings);
    uut.settings.insert(uut.settings.end(), scratch_files.begin(), scratch_files.end());
    const HostedGreeting said = host_->power_on(uut);
    if (std::ranges::find(fixture_->products, said.product) == fixture_->products.end()) {
        throw WiringError(
            "instrument \"" + host_->name() + "\": the UUT says it is a \"" + said.product +
            "\", but this fixture is for: " + suggest("", fixture_->products).substr(11));
    }
    greeting_.emplace();
    greeting_->product = said.product;
    greeting_->firmware = said.firmware;
}

void Rig::start_process() {
    link::Command command;
    command.line = uut_;
    command.settings = fixture_->settings.explicit_values();
    const auto scratch_files = scratch_files_.arguments(fixture_->settings);
    command.answer_timeout = options_.answer_timeout;
    command.shares_processor = bench_.clock == ClockKind::virtual_time;
    ++session_;
    link::TranscriptSink sink;
    if (journal_ != nullptr && keep_transcripts_) {
        // With this line at its head a session's transcript is a file that can be replayed.
        std::string head = "command " + command.line;
        for (const auto& [name, value] : command.settings)
            head.append(" --set ").append(name).append("=").append(value);
        // Scratch files are left out: their names differ from run to run, and a replay's unit is
        // new.
        journal_->add_transcript(session_, '#', head);
        sink = [this, session = session_](char who, std::string_view line) {
            if (journal_ != nullptr) journal_->add_transcript(session, who, line);
        };
    }
    command.settings.insert(command.settings.end(), scratch_files.begin(), scratch_files.end());
    const Watch::Scope at_uut(Watch::Where::uut);
    loop_.emplace(
        fixture_->wiring, fixture_->products, by_name_, trace_, *line_nets_, command,
        std::move(sink), [this](std::string_view line) { on_uut_log(line); }, now());
    greeting_ = loop_->greeting();
}

void Rig::power_off() {
    is_powered_ = false;
    if (host_ != nullptr) host_->power_off();
    if (!loop_) return;
    past_exchanges_ += loop_->exchanges();
    add(past_times_, loop_->exchange_times());
    const Watch::Scope at_uut(Watch::Where::uut);
    try {
        loop_->stop();
    } catch (...) {
        loop_.reset();  // whatever stopping brought, this power-on is over and its process gone
        throw;
    }
    loop_.reset();
}

/// A board has no switch but its supply.
void Rig::cut_supply() {
    if (uut_ != "none" || !stimuli_->has(supply_port)) return;
    stimuli_->open(supply_port, now());
    run_for(fixture_->off_time);
}

void Rig::refuse_settings_of_a_board(
    const std::vector<std::pair<std::string, std::string>>& settings) const {
    if (uut_ != "none" || settings.empty()) return;
    throw BenchCannot("uut_settings",
                      "the test wants the UUT switched on with " + settings.front().first + "=" +
                          settings.front().second +
                          ", but it is a board on the bench, whose settings only its maker's tool "
                          "changes");
}

void Rig::power_cycle(const std::vector<std::pair<std::string, std::string>>& settings) {
    Fixture changed = load_fixture(settings);
    refuse_settings_of_a_board(settings);
    power_off();
    cut_supply();
    stimuli_->clear_faults();
    line_nets_.reset();
    fixture_ = std::move(changed);
    join_bench();
    stimuli_->apply_baseline(fixture_->baseline, now());
    mark("power cycle");
    power_on();
    settle();
}

void Rig::turn_off() {
    power_off();
    cut_supply();
    mark("power off");
}

void Rig::make_safe() {
    std::exception_ptr first;
    const auto note = [&](std::size_t /*whose*/, const std::exception_ptr& problem) {
        if (!first) first = problem;
    };
    const auto attempt = [&](const auto& action) {
        try {
            action();
        } catch (...) {
            note(0, std::current_exception());
        }
    };
    attempt([&] { power_off(); });
    stimuli_->quiet();
    can_repeats_.stop_all();
    Instruments instruments;
    instruments.reserve(instruments_.size());
    for (const auto& instrument : instruments_) instruments.push_back(instrument.get());
    make_safe_in_turn(instruments, note);
    // One that had lost its connection has another now, which the guard does not know.
    attempt([&] {
        if (guard_) guard_->renew(safe_actions());
    });
    in_turn(instruments, [&](std::size_t i) { instruments_[i]->finish(); }, note);
    if (first) std::rethrow_exception(first);  // armed as it is: the guard tries when the rig ends
    if (guard_) guard_->disarm();
}

void Rig::end_test() {
    std::exception_ptr first;
    try {
        make_safe();
    } catch (...) {
        first = std::current_exception();
    }
    log_timing();
    can_.pass(now());
    trace_.flush();
    if (first) std::rethrow_exception(first);
}

Instant Rig::wait_for_next(Instant limit) {
    Instant next = limit;
    if (const auto due = scheduler_.next_due(); due && *due < next) next = *due;
    if (loop_) {
        if (const auto due = loop_->next_due(); due && *due < next) next = std::max(*due, now());
    }
    for (;;) {
        look_after_guard();
        const Clock::Woken woken = clock_->wait_until(next);
        if (woken == Clock::Woken::at_deadline) {
            if (reactor_ && next < limit) note_lateness(next);
            return next;
        }
        if (woken == Clock::Woken::by_event) return std::max(now(), std::min(next, clock_->now()));
        check_interrupt();
    }
}

void Rig::note_lateness(Instant due) {
    const Duration lateness = clock_->now() - due;
    if (is_catching_up_) {
        punctuality_.note_pause(lateness);
        return;
    }
    if (!punctuality_.note(due, lateness)) return;
    trace_.append(trace_.require(lateness_signal), due, to_seconds(lateness));
}

Punctuality Rig::measure_punctuality(Duration period, Duration duration) {
    punctuality_.restart(bench_.allowed_lateness);
    const Instant end = after(duration);
    for (Instant due = now() + period; due <= end; due += period) scheduler_.schedule(due, [] {});
    run_until(end);
    return punctuality_;
}

void Rig::log_timing() {
    if (!reactor_ || !std::exchange(is_in_test_, false)) return;
    log("rig", "timing: " + punctuality_.text());
}

void Rig::catch_up() {
    if (!reactor_ || is_stepping_) return;
    const Instant present = clock_->now();
    if (present <= now()) return;
    is_catching_up_ = true;
    try {
        run_until(present);
    } catch (...) {
        is_catching_up_ = false;
        throw;
    }
    is_catching_up_ = false;
}

bool Rig::step(Instant limit) {
    struct Stepping {
        bool& flag;
        explicit Stepping(bool& is) : flag(is) { flag = true; }
        ~Stepping() { flag = false; }
        Stepping(const Stepping&) = delete;
        Stepping& operator=(const Stepping&) = delete;
    } const stepping{is_stepping_};
    const Watch::Scope in_rig(Watch::Where::rig);
    const Instant next = wait_for_next(limit);
    scheduler_.run_until(next);
    if (loop_) {
        const Watch::Scope at_uut(Watch::Where::uut);
        loop_->run(next);
    }
    lines_.take_edges();
    if (++steps_ % steps_between_interrupt_checks == 0) check_interrupt();

    if (next < limit) return true;
    const auto due = scheduler_.next_due();
    return (due && *due <= limit) || (loop_ && loop_->next_due() && *loop_->next_due() <= limit);
}

Instant Rig::after(Duration duration) {
    catch_up();
    if (duration < Duration::zero()) {
        throw InputError("a time of " + format_duration(duration) +
                         " was asked for; expected 0 s or more");
    }
    if (duration > Instant::max() - now()) {
        throw Error("the test's clock ends at " + format_time(Instant::max()) +
                    " (292 years); at " + format_time(now()) + " another " +
                    format_duration(duration) + " were asked for");
    }
    return now() + duration;
}

void Rig::run_until(Instant until) {
    if (until < now())
        throw Error("the rig cannot run back from " + format_time(now()) + " to " +
                    format_time(until));
    while (step(until)) {
    }
}

Instant Rig::settled_at() const {
    Instant settled = now();
    for (const auto& instrument : instruments_)
        settled = std::max(settled, instrument->settled_at());
    return settled;
}

void Rig::settle() {
    catch_up();
    run_until(settled_at() + fixture_->reaction_time + lines_.longest_debounce());
}

/// What happens just before a deadline is read from the kernel a moment after it: in real time the
/// rig looks a little longer, and takes what is stamped up to the deadline.
template <typename Find>
std::optional<NumberedChange> Rig::find_change(Instant deadline, const Find& find) {
    for (bool more = true; more;) {
        more = step(deadline);
        if (const auto found = find()) return found;
    }
    if (!reactor_) return std::nullopt;
    const Instant end = deadline + report_latency;
    for (bool more = true; more;) {
        more = step(end);
        if (const auto found = find(); found && found->time <= deadline) return found;
    }
    return std::nullopt;
}

std::optional<NumberedChange> Rig::wait_for(SignalId signal, double value, Duration timeout) {
    const Instant deadline = after(timeout);
    std::uint64_t seen = trace_.size();
    if (const auto last = trace_.last(signal); last && last->value == value) return last;
    return find_change(deadline, [&]() -> std::optional<NumberedChange> {
        const auto changes = trace_.changes_since(signal, seen);
        seen = trace_.size();
        const auto found = std::ranges::find(changes, value, &NumberedChange::value);
        if (found == changes.end()) return std::nullopt;
        return *found;
    });
}

std::optional<NumberedChange> Rig::watch(SignalId signal, Duration duration) {
    const Instant deadline = after(duration);
    const std::uint64_t seen = trace_.size();
    return find_change(deadline, [&]() -> std::optional<NumberedChange> {
        const auto last = trace_.last(signal);
        if (!last || last->number < seen) return std::nullopt;
        return trace_.changes_since(signal, seen).front();
    });
}

void Rig::set_bias(std::string_view line, Bias bias) {
    lines_.set_bias(line, bias);
    const Duration debounce = lines_.debounce(line);
    run_until(std::max(after(debounce + std::chrono::milliseconds{1}),
                       lines_.settled_at(line) + debounce));
}

double Rig::read_meter(std::string_view reading) {
    catch_up();
    const ReadingNet& net = fixture_->wiring.reading(reading);
    const double value = meter_of(net).read(net.meter.channel);
    trace_.append(trace_.require("reading." + net.name), now(), value);
    return value;
}

double Rig::meter_accuracy(std::string_view reading) const {
    const ReadingNet& net = fixture_->wiring.reading(reading);
    return meter_of(net).accuracy(net.meter.channel);
}

std::optional<std::size_t> Rig::wait_for_log(std::string_view text, std::size_t from,
                                             Duration timeout) {
    const Instant deadline = after(timeout);
    for (bool more = true;;) {
        for (; from < uut_log_.size(); ++from) {
            if (uut_log_[from].text.find(text) != std::string::npos) return from;
        }
        if (!more) return std::nullopt;
        more = step(deadline);
    }
}

Measurement Rig::measure(std::string_view name, double value, double uncertainty,
                         std::string comment) {
    const Limit& limit = fixture_->limit(name);
    // The difference of two times carries the rounding of a double; a nanosecond is the rig's own
    // unit.
    if (limit.unit == Unit::second && std::isfinite(value)) value = std::round(value * 1e9) / 1e9;
    Measurement measurement{
        limit.name,        value, uncertainty, limit, limit.judge(value, uncertainty), now(),
        std::move(comment)};
    verdict_ = worst(verdict_, measurement.verdict);
    if (measurement.verdict != Verdict::pass) failed_.push_back(measurement);
    if (journal_ != nullptr) journal_->add_measurement(measurement);
    return measurement;
}

void Rig::log(std::string_view source, std::string_view text) {
    if (journal_ != nullptr) journal_->add_log(now(), source, text);
}

std::uint64_t Rig::exchanges() const {
    return past_exchanges_ + (loop_ ? loop_->exchanges() : 0);
}

ExchangeTimes Rig::exchange_times() const {
    ExchangeTimes sum = past_times_;
    if (loop_) add(sum, loop_->exchange_times());
    return sum;
}

}  // namespace bmsrig
