// The rig for Python. Everything that lets time run releases the interpreter lock.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <array>

#include "drivers/can/catalogue.h"
#include "drivers/registry.h"
#include "python/bindings/bindings.h"
#include "reports/record.h"
#include "rig/bench_probe.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/temperature_simulator.h"
#include "rig/instruments/voltage_source.h"
#include "rig/rig.h"
#include "rig/steps/threshold_search.h"
#include "rig/wiring_proof.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

using SettingList = std::vector<std::pair<std::string, std::string>>;

/// A fixture's own DBC file, read in Python. What it makes lives as long as the module.
const CanDatabase& load_can_database(const std::filesystem::path& file) {
    const py::gil_scoped_acquire lock;
    try {
        const py::object database = py::module_::import("bmsrig.dbc_file").attr("load")(file);
        return database.cast<const CanDatabase&>();
    } catch (const py::error_already_set& problem) {
        if (!problem.matches(py::module_::import("bmsrig._core").attr("InputError"))) throw;
        throw InputError(py::str(problem.value()).cast<std::string>());
    }
}

std::unique_ptr<Rig> make_rig(const std::filesystem::path& fixture,
                              const std::filesystem::path& bench, const SettingList& settings,
                              const std::string& uut, const std::string& process_folder,
                              std::optional<std::uint64_t> seed, double answer_timeout,
                              bool only_to_make_safe) {
    RigOptions options{fixture,
                       bench,
                       settings,
                       uut,
                       process_folder,
                       seed,
                       only_to_make_safe,
                       duration_from_seconds(answer_timeout),
                       CanDatabases{can_databases(), load_can_database}};
    auto rig = std::make_unique<Rig>(std::move(options), make_instrument);
    rig->set_interrupt_check([] {
        const py::gil_scoped_acquire lock;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    });
    return rig;
}

/// A change for Python: (number, time in seconds, value).
std::optional<std::tuple<std::uint64_t, double, double>> as_tuple(
    const std::optional<NumberedChange>& change) {
    if (!change) return std::nullopt;
    return std::tuple{change->number, to_seconds(change->time), change->value};
}

Bias bias_from(const std::string& word) {
    for (const auto bias : {Bias::none, Bias::down, Bias::up}) {
        if (word == to_string(bias)) return bias;
    }
    throw InputError("\"" + word + "\" is no bias; expected none, down or up");
}

/// The last `most` changes of a signal in words: (time in seconds, value).
std::vector<std::pair<double, std::string>> history(Rig& rig, const std::string& signal,
                                                    std::size_t most) {
    const SignalId id = rig.trace().require(signal);
    const SignalInfo& info = rig.trace().signals()[id];
    std::vector<std::pair<double, std::string>> lines;
    for (const auto& change : rig.trace().changes(id, Instant::min(), most)) {
        lines.emplace_back(to_seconds(change.time),
                           describe_value(info.kind, info.unit, change.value));
    }
    return lines;
}

py::dict greeting(const Rig& rig) {
    py::dict facts;
    if (!rig.greeting()) return facts;
    facts["product"] = rig.greeting()->product;
    facts["firmware"] = rig.greeting()->firmware;
    facts["ports"] = rig.greeting()->ports.size();
    return facts;
}

/// Whether there is something to calibrate: it sets or reads analogue values.
bool has_figures(const Instrument& instrument) {
    return dynamic_cast<const CellSimulator*>(&instrument) != nullptr ||
           dynamic_cast<const VoltageSource*>(&instrument) != nullptr ||
           dynamic_cast<const TemperatureSimulator*>(&instrument) != nullptr ||
           dynamic_cast<const Meter*>(&instrument) != nullptr;
}

std::map<std::string, std::string> identity_of(Instrument& instrument) {
    const Identity id = instrument.identify();
    return {{"name", instrument.name()},
            {"manufacturer", id.manufacturer},
            {"model", id.model},
            {"serial", id.serial},
            {"firmware", id.firmware},
            {"calibrated", id.calibrated},
            {"figures", has_figures(instrument) ? "yes" : ""},
            {"channels", std::to_string(instrument.channels())}};
}

std::vector<std::map<std::string, std::string>> identities(Rig& rig) {
    std::vector<std::map<std::string, std::string>> list;
    for (const auto& instrument : rig.instruments()) list.push_back(identity_of(*instrument));
    return list;
}

void bind_probe(py::module_& module) {
    module.def(
        "unsafe_marker",
        [](const std::filesystem::path& bench) { return BenchState(bench).marker().string(); },
        py::arg("bench"), "The file that stands while this bench may be unsafe.");
    py::class_<BenchProbe>(module, "BenchProbe",
                           "The instruments of a bench, without a fixture or a UUT.")
        .def(py::init([](const std::filesystem::path& bench, bool only_to_make_safe) {
                 return std::make_unique<BenchProbe>(bench, make_instrument, only_to_make_safe);
             }),
             py::arg("bench"), py::arg("only_to_make_safe") = false)
        .def_property_readonly(
            "found",
            [](const BenchProbe& self) {
                std::vector<std::tuple<std::string, std::string, std::string>> list;
                for (const auto& each : self.found())
                    list.emplace_back(each.name, each.driver, each.problem);
                return list;
            },
            "(name, driver, why it could not be opened or nothing).")
        .def(
            "identify",
            [](const BenchProbe& self, const std::string& name) {
                for (const auto& each : self.found()) {
                    if (each.name == name && each.instrument) return identity_of(*each.instrument);
                }
                throw InputError("no instrument \"" + name + "\" was opened");
            },
            py::arg("name"))
        .def("make_safe", &BenchProbe::make_safe, Release(),
             "Of each instrument found, why it may still be on or nothing.");
}

/// The ports at which nothing may stand once the bench is safe: those of instruments that are not
/// told to hold what they have.
std::vector<std::string> voltages_to_be_off(const Rig& rig) {
    std::vector<std::string> ports;
    for (const InputNet& net : rig.fixture().wiring.inputs()) {
        if (net.unit != Unit::volt || net.is_contact()) continue;
        for (const auto& instrument : rig.instruments()) {
            if (instrument->name() != net.source.instrument) continue;
            if (!instrument->safe_actions().empty()) ports.push_back(net.port);
        }
    }
    return ports;
}

void bind_time(py::class_<Rig>& rig) {
    rig.def("begin_test", &Rig::begin_test, py::arg("seed"), Release())
        .def("begin_unpowered", &Rig::begin_unpowered, py::arg("seed"), Release())
        .def("end_test", &Rig::end_test, Release())
        .def("make_safe", &Rig::make_safe, Release())
        .def("confirm_safe", &Rig::confirm_safe)
        .def_property_readonly("voltages_to_be_off", &voltages_to_be_off)
        .def_property_readonly("guard", &Rig::guard_text)
        .def("keep_transcripts", &Rig::keep_transcripts, py::arg("keep"))
        .def_property_readonly("uut_is_off", &Rig::uut_is_off)
        .def("turn_off", &Rig::turn_off, Release())
        .def(
            "scratch_file",
            [](const Rig& self, const std::string& setting) {
                return self.scratch_file(setting).string();
            },
            py::arg("setting"))
        .def("power_cycle", &Rig::power_cycle, py::arg("settings"), Release())
        .def_property_readonly("now", [](const Rig& self) { return to_seconds(self.now()); })
        .def(
            "run_for",
            [](Rig& self, double seconds) { self.run_for(duration_from_seconds(seconds)); },
            Release())
        .def_property_readonly("settled_at",
                               [](const Rig& self) { return to_seconds(self.settled_at()); })
        .def("settle", &Rig::settle, Release())
        .def(
            "wait_for",
            [](Rig& self, std::uint32_t signal, double value, double timeout) {
                return as_tuple(self.wait_for(signal, value, duration_from_seconds(timeout)));
            },
            py::arg("signal"), py::arg("value"), py::arg("timeout"), Release())
        .def(
            "watch",
            [](Rig& self, std::uint32_t signal, double seconds) {
                return as_tuple(self.watch(signal, duration_from_seconds(seconds)));
            },
            py::arg("signal"), py::arg("seconds"), Release())
        .def_property_readonly(
            "worst_lateness",
            [](const Rig& self) { return to_seconds(self.punctuality().worst()); })
        .def(
            "measure_punctuality",
            [](Rig& self, double period, double seconds) {
                const Punctuality seen = self.measure_punctuality(duration_from_seconds(period),
                                                                  duration_from_seconds(seconds));
                return std::tuple{seen.text(), seen.problem(), to_seconds(seen.worst())};
            },
            py::arg("period"), py::arg("seconds"), Release())
        .def_property_readonly("timing", [](const Rig& self) { return self.punctuality().text(); })
        .def_property_readonly("timing_problem",
                               [](const Rig& self) { return self.punctuality().problem(); })
        .def_property_readonly("real_time", &Rig::real_time);
}

void bind_stimuli(py::class_<Rig>& rig) {
    rig.def(
           "apply",
           [](Rig& self, const std::string& port, double value) {
               return self.stimuli().apply(port, value, self.now());
           },
           py::arg("port"), py::arg("value"), AtInstruments())
        .def(
            "apply_cells",
            [](Rig& self, const std::vector<double>& values) {
                self.stimuli().apply_cells(values, self.now());
            },
            py::arg("values"), AtInstruments())
        .def(
            "set_fault",
            [](Rig& self, const std::string& port, const std::string& fault) {
                self.stimuli().set_fault(port, fault);
            },
            py::arg("port"), py::arg("fault"), AtInstruments())
        .def(
            "open",
            [](Rig& self, const std::string& port) { self.stimuli().open(port, self.now()); },
            py::arg("port"), AtInstruments())
        .def(
            "swap_cells",
            [](Rig& self, int one, int other) { return self.stimuli().swap_cells(one, other); },
            py::arg("one"), py::arg("other"), AtInstruments())
        .def(
            "start_noise",
            [](Rig& self, const std::string& port, double rms, double interval) {
                self.stimuli().start_noise(port, rms, duration_from_seconds(interval));
            },
            py::arg("port"), py::arg("rms"), py::arg("interval"), AtInstruments())
        .def(
            "stop_noise",
            [](Rig& self, const std::string& port) { self.stimuli().stop_noise(port); },
            py::arg("port"), AtInstruments())
        .def(
            "read", [](Rig& self, const std::string& port) { return self.stimuli().read(port); },
            py::arg("port"), AtInstruments())
        .def("accuracy",
             [](Rig& self, const std::string& port) { return self.stimuli().accuracy(port); })
        .def("unit",
             [](Rig& self, const std::string& port) {
                 return std::string(to_string(self.stimuli().unit(port)));
             })
        .def("is_contact",
             [](Rig& self, const std::string& port) { return self.stimuli().is_contact(port); })
        .def("has_input",
             [](Rig& self, const std::string& port) { return self.stimuli().has(port); })
        .def_property_readonly("analog_inputs",
                               [](Rig& self) { return self.stimuli().analog_ports(); })
        .def_property_readonly("cells", [](Rig& self) { return self.stimuli().cells(); });
}

void bind_lines(py::class_<Rig>& rig) {
    rig.def("line_signal", &Rig::line_signal, py::arg("line"))
        .def(
            "read_line",
            [](Rig& self, const std::string& line) {
                const LineReading reading = self.read_line(line);
                return std::tuple{std::string(to_string(reading.level)), to_seconds(reading.since),
                                  reading.number};
            },
            py::arg("line"), AtInstruments())
        .def(
            "set_bias",
            [](Rig& self, const std::string& line, const std::string& bias) {
                self.set_bias(line, bias_from(bias));
            },
            py::arg("line"), py::arg("bias"), Release())
        .def(
            "resting_bias",
            [](const Rig& self, const std::string& line) {
                const auto& stage = self.fixture().wiring.line(line).stage;
                return std::string(to_string(stage ? stage->resting_bias() : Bias::down));
            },
            py::arg("line"))
        .def("debounce",
             [](Rig& self, const std::string& line) { return to_seconds(self.debounce(line)); })
        .def("stamp_uncertainty",
             [](Rig& self, const std::string& line) {
                 return to_seconds(self.stamp_uncertainty(line));
             })
        .def(
            "changes_since",
            [](Rig& self, std::uint32_t signal, std::uint64_t number) {
                std::vector<std::tuple<std::uint64_t, double, double>> changes;
                for (const NumberedChange& change : self.trace().changes_since(signal, number)) {
                    changes.push_back(*as_tuple(change));
                }
                return changes;
            },
            py::arg("signal"), py::arg("number"))
        .def("history", &history, py::arg("signal"), py::arg("most"))
        .def(
            "value_at",
            [](Rig& self, const std::string& signal, double time) {
                return self.trace().value_at(self.trace().require(signal),
                                             Instant{duration_from_seconds(time)});
            },
            py::arg("signal"), py::arg("time"))
        .def_property_readonly("signals",
                               [](Rig& self) {
                                   std::vector<std::string> names;
                                   for (const auto& info : self.trace().signals())
                                       names.push_back(info.name);
                                   return names;
                               })
        .def_property_readonly("trace_text", [](Rig& self) { return self.trace().text(); })
        .def_property_readonly("trace_changes", [](Rig& self) { return self.trace().size(); })
        .def_property_readonly("trace_bytes",
                               [](Rig& self) { return self.trace().memory_bytes(); });
}

void bind_readings(py::class_<Rig>& rig) {
    rig.def("read_meter", &Rig::read_meter, py::arg("reading"), AtInstruments())
        .def("meter_accuracy", &Rig::meter_accuracy, py::arg("reading"))
        .def("meter_unit",
             [](Rig& self, const std::string& reading) {
                 return std::string(to_string(self.fixture().wiring.reading(reading).unit));
             })
        .def_property_readonly("uut_log",
                               [](const Rig& self) {
                                   std::vector<std::pair<double, std::string>> lines;
                                   for (const LogLine& line : self.uut_log())
                                       lines.emplace_back(to_seconds(line.time), line.text);
                                   return lines;
                               })
        .def(
            "wait_for_log",
            [](Rig& self, const std::string& text, std::size_t from, double timeout) {
                return self.wait_for_log(text, from, duration_from_seconds(timeout));
            },
            py::arg("text"), py::arg("start"), py::arg("timeout"), Release());
}

void bind_self_test(py::module_& module, py::class_<Rig>& rig) {
    py::class_<LineProof>(module, "LineProof", "What the wiring self-test saw of one line.")
        .def_readonly("line", &LineProof::line)
        .def_readonly("unpowered", &LineProof::unpowered)
        .def_readonly("powered", &LineProof::powered)
        .def_readonly("ok", &LineProof::ok)
        .def("__str__", &LineProof::describe);
    py::class_<WiringReport>(module, "WiringReport", "What the wiring self-test found.")
        .def_readonly("lines", &WiringReport::lines)
        .def_readonly("faults", &WiringReport::faults)
        .def_readonly("notes", &WiringReport::notes)
        .def_readonly("blind_spots", &WiringReport::blind_spots);
    rig.def("prove_wiring", &prove_wiring, py::arg("seed"), Release());
}

LineLevel level_from(const std::string& word) {
    for (const auto level : {LineLevel::inactive, LineLevel::active, LineLevel::indeterminate}) {
        if (word == to_string(level)) return level;
    }
    throw InputError("\"" + word +
                     "\" is no level of a line; expected inactive, active or indeterminate");
}

ThresholdResult search_threshold(Rig& rig, const std::string& port, const std::string& line,
                                 const std::string& becomes, double start, double stop, double step,
                                 double dwell) {
    return find_threshold(
        rig, {port, line, level_from(becomes), start, stop, step, duration_from_seconds(dwell)});
}

void bind_steps(py::module_& module, py::class_<Rig>& rig) {
    py::class_<ThresholdResult>(module, "ThresholdResult",
                                "Where a line changed while a stimulus was moved.")
        .def_property_readonly(
            "outcome",
            [](const ThresholdResult& self) {
                constexpr std::array<const char*, 3> words{"found", "already", "never"};
                return std::string(words.at(static_cast<std::size_t>(self.outcome)));
            })
        .def_readonly("value", &ThresholdResult::value)
        .def_readonly("uncertainty", &ThresholdResult::uncertainty)
        .def_property_readonly("time",
                               [](const ThresholdResult& self) { return to_seconds(self.time); });
    rig.def("find_threshold", &search_threshold, py::arg("port"), py::arg("line"),
            py::arg("becomes"), py::arg("start"), py::arg("stop"), py::arg("step"),
            py::arg("dwell"), Release());
}

void bind_verdicts(py::class_<Rig>& rig) {
    rig.def("measure", &Rig::measure, py::arg("name"), py::arg("value"), py::arg("uncertainty"),
            py::arg("comment"))
        .def_property_readonly(
            "verdict", [](const Rig& self) { return std::string(to_string(self.verdict())); })
        .def_property_readonly("failed", &Rig::failed)
        .def("mark", &Rig::mark, py::arg("text"))
        .def("log", [](Rig& self, const std::string& source, const std::string& text) {
            self.log(source, text);
        });
}

}  // namespace

void bind_rig(py::module_& module) {
    py::class_<Rig> rig(module, "Rig", "One bench with one UUT.");
    rig.def(py::init(&make_rig), py::arg("fixture"), py::arg("bench"), py::arg("settings"),
            py::arg("uut"), py::arg("process_folder"), py::arg("seed"), py::arg("answer_timeout"),
            py::arg("only_to_make_safe") = false)
        .def_property_readonly("fixture", &Rig::fixture,
                               py::return_value_policy::reference_internal)
        .def_property_readonly("bench", &Rig::bench, py::return_value_policy::reference_internal)
        .def_property_readonly("seed", &Rig::seed)
        .def_property_readonly("uut_command", &Rig::uut_command)
        .def_property_readonly("greeting", &greeting)
        .def_property_readonly("identities", &identities)
        // The record must live as long as the rig may write to it.
        .def(
            "attach", [](Rig& self, Record* record) { self.attach(record, record); },
            py::arg("record").none(true), py::keep_alive<1, 2>())
        .def_property_readonly("power_cycles", &Rig::power_cycles)
        .def_property_readonly("exchanges", &Rig::exchanges)
        .def_property_readonly("exchange_times", [](const Rig& self) {
            const ExchangeTimes times = self.exchange_times();
            return std::tuple{std::vector<std::uint64_t>(times.counts.begin(), times.counts.end()),
                              times.total_seconds};
        });
    bind_time(rig);
    bind_stimuli(rig);
    bind_lines(rig);
    bind_readings(rig);
    bind_buses(module, rig);
    bind_probe(module);
    bind_self_test(module, rig);
    bind_steps(module, rig);
    bind_verdicts(rig);
}

}  // namespace bmsrig::python
