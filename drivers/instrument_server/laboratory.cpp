#include "drivers/instrument_server/laboratory.h"

#include <algorithm>

#include "drivers/instrument_server/uut_server.h"
#include "rig/config/bench_check.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr std::string_view uut_driver = "hosted_uut";
constexpr Duration longest_step = std::chrono::milliseconds{50};

/// What the UUT did is the rig's to record; here it would only fill the memory.
class NoTrace final : public TraceStore {
  public:
    void write(std::uint64_t, std::span<const Change>) override {}
    std::vector<Change> read(std::uint64_t, std::size_t) override {
        throw Error("a laboratory keeps no trace");
    }
};

TraceStore& no_trace() {
    static NoTrace store;
    return store;
}

}  // namespace

Laboratory::Laboratory(LaboratoryOptions options, const MakeInstrument& make_instrument)
    : options_(std::move(options)),
      bench_(Bench::load(options_.bench)),
      fixture_files_(options_.fixture),
      fixture_(load_fixture({})),
      clock_(make_real_clock(reactor_)) {
    check_bench(fixture_, bench_);
    if (!options_.log) options_.log = [](std::string_view) {};
    trace_.attach(&no_trace());
    open_instruments(make_instrument);
    line_nets_.emplace(fixture_.wiring, by_name_, bench_.wiring_faults);
    serve_all();
}

Laboratory::~Laboratory() {
    bridges_.clear();
    loop_.reset();
    line_nets_.reset();
}

Fixture Laboratory::load_fixture(
    const std::vector<std::pair<std::string, std::string>>& more) const {
    Settings settings = fixture_files_.settings();
    bench_.apply_settings(settings);
    for (const auto& [name, value] : options_.settings) {
        settings.set(name, value, "--set " + name + "=" + value);
    }
    for (const auto& [name, value] : more) {
        // The rig's memory file of the unit: its contents are no business of the wiring.
        if (settings.has(name) && settings.spec(name).is_scratch_file) continue;
        settings.set(name, value, "setting " + name + " of the rig");
    }
    return Fixture::load(fixture_files_, settings);
}

void Laboratory::open_instruments(const MakeInstrument& make_instrument) {
    const DriverContext context{scheduler_, bench_.seed, &reactor_, [this](std::string_view name) {
                                    const auto found = by_name_.find(std::string(name));
                                    return found == by_name_.end() ? nullptr : found->second;
                                }};
    for (const InstrumentSpec& spec : bench_.instruments) {
        instruments_.push_back(make_instrument(spec, context));
        by_name_.emplace(spec.name, instruments_.back().get());
        instruments_.back()->restart(bench_.seed);
    }
}

void Laboratory::serve_all() {
    if (bench_.serve.empty()) {
        throw InputError(bench_.file.string(), 0,
                         "serve: nothing is said to be served; expected an entry for each "
                         "instrument, such as \"cells: {as: bloomy_abs}\"");
    }
    for (const InstrumentSpec& spec : bench_.serve) serve(spec);
}

Instrument& Laboratory::served_instrument(const InstrumentSpec& spec,
                                          const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return *found->second;
    throw InputError(spec.file, spec.line,
                     "serve." + spec.name + ": the bench has no instrument \"" + name + "\"; " +
                         suggest(name, names_of(bench_.instruments, &InstrumentSpec::name)));
}

void Laboratory::serve(const InstrumentSpec& said) {
    InstrumentSpec spec = said;  // it notes which options were taken
    std::unique_ptr<Bridge> bridge;
    const std::string name = spec.word("of", spec.name);
    static const InstrumentSpec none;
    const auto described = std::ranges::find(bench_.instruments, name, &InstrumentSpec::name);
    const BridgeContext context{
        reactor_,      scheduler_, described == bench_.instruments.end() ? none : *described,
        options_.log,  by_name_,   [this] { catch_up(); },
        options_.today};
    if (spec.driver == uut_driver) {
        bridge = std::make_unique<UutServer>(spec, *this, context, fixture_.name);
    } else {
        const auto& known = bridge_registry();
        const auto info = std::ranges::find(known, spec.driver, &BridgeInfo::driver);
        if (info == known.end()) {
            auto names = names_of(known, &BridgeInfo::driver);
            names.emplace_back(uut_driver);
            throw InputError(spec.file, spec.line,
                             "serve." + spec.name + ".as: nothing serves a \"" +
                                 spec.driver.substr(0, 64) + "\"; " + suggest(spec.driver, names));
        }
        bridge = info->make(spec, served_instrument(spec, name), context);
    }
    spec.finish();
    served_.push_back({spec.name, bridge->served_as()});
    bridges_.push_back(std::move(bridge));
}

std::string Laboratory::bench_text() const {
    return served_bench_text(bench_, fixture_.settings, served_);
}

std::string Laboratory::command_line(const std::string& asked) const {
    if (!asked.empty()) return asked;
    if (!bench_.uut.empty()) return bench_.uut;
    return "\"" + (std::filesystem::path(options_.process_folder) / fixture_.process).string() +
           "\"";
}

HostedGreeting Laboratory::power_on(const HostedUut& uut, UutHost::LogListener log) {
    power_off();
    Fixture changed = load_fixture(uut.settings);
    line_nets_.reset();
    fixture_ = std::move(changed);
    line_nets_.emplace(fixture_.wiring, by_name_, bench_.wiring_faults);
    trace_.restart();

    link::Command command;
    command.line = command_line(uut.command);
    command.settings = uut.settings;
    if (command.settings.empty()) {
        scratch_files_.clear();
        command.settings = fixture_.settings.explicit_values();
        const auto files = scratch_files_.arguments(fixture_.settings);
        command.settings.insert(command.settings.end(), files.begin(), files.end());
    }
    loop_.emplace(fixture_.wiring, fixture_.products, by_name_, trace_, *line_nets_, command,
                  link::TranscriptSink{}, std::move(log), scheduler_.now());
    const link::Greeting greeting = loop_->greeting();
    try {
        loop_->run(scheduler_.now());  // the first exchange, however long starting took
    } catch (...) {
        loop_.reset();
        line_nets_->release();
        throw;
    }
    return {greeting.product, greeting.firmware};
}

void Laboratory::power_off() {
    if (!loop_) return;
    try {
        loop_->stop();
    } catch (...) {
        loop_.reset();  // whatever stopping brought, this power-on is over and its process gone
        throw;
    }
    loop_.reset();
}

void Laboratory::run_uut(Instant now) {
    if (!loop_) return;
    try {
        loop_->run(now);
    } catch (const Error& problem) {
        loop_.reset();
        line_nets_->release();
        if (failure_) failure_(problem.what());
    }
}

/// Event by event, also where the process has been late: the UUT sees the same order as ever.
void Laboratory::advance(Instant to) {
    for (;;) {
        Instant next = to;
        if (const auto due = scheduler_.next_due()) next = std::min(next, *due);
        if (loop_ && loop_->next_due()) next = std::min(next, *loop_->next_due());
        next = std::max(next, scheduler_.now());
        scheduler_.run_until(next);
        run_uut(next);
        if (next < to) continue;
        const bool is_more = loop_ && loop_->next_due() && *loop_->next_due() <= to;
        if (!is_more) return;
    }
}

void Laboratory::catch_up() {
    advance(std::max(clock_->now(), scheduler_.now()));
}

void Laboratory::step() {
    Instant next = scheduler_.now() + longest_step;
    if (const auto due = scheduler_.next_due()) next = std::min(next, *due);
    if (loop_ && loop_->next_due()) next = std::min(next, *loop_->next_due());
    static_cast<void>(clock_->wait_until(next));
    catch_up();
    for (const auto& bridge : bridges_) bridge->pass();
}

void Laboratory::run(const std::function<bool()>& check) {
    constexpr int steps_between_checks = 64;
    while (check()) {
        const Instant end = clock_->now() + longest_step;
        for (int i = 0; i < steps_between_checks && clock_->now() < end; ++i) step();
    }
}

}  // namespace bmsrig
