// The record for Python: writing one, and decoding the blocks that only C++ can read.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "python/bindings/bindings.h"
#include "reports/record.h"
#include "rig/rig.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

std::unique_ptr<Record> create(
    const std::filesystem::path& file, const std::map<std::string, std::string>& header,
    const std::map<std::string, std::string>& properties,
    const std::vector<std::tuple<std::string, std::string, std::string>>& inputs,
    const Fixture& fixture, std::uint64_t seed) {
    RunHeader run;
    run.id = header.at("id");
    run.started_utc = header.at("started_utc");
    run.plan = header.at("plan");
    run.fixture = fixture.name;
    run.bench = header.at("bench");
    run.serial = header.at("serial");
    run.operator_name = header.at("operator");
    run.uut_command = header.at("uut_command");
    run.seed = seed;
    run.properties = properties;
    std::vector<InputFile> files;
    files.reserve(inputs.size());
    for (const auto& [name, sha256, content] : inputs) files.push_back({name, sha256, content});
    return Record::create(file, run, files, fixture.requirements);
}

py::tuple decode(const py::bytes& blob) {
    const std::vector<Change> changes = decode_changes(std::string_view(blob));
    py::list times(changes.size());
    py::list signals(changes.size());
    py::list values(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        times[i] = to_ns(changes[i].time);
        signals[i] = changes[i].signal;
        values[i] = changes[i].value;
    }
    return py::make_tuple(times, signals, values);
}

}  // namespace

void bind_record(py::module_& module) {
    py::class_<Record>(module, "Record", "Writes one run into an SQLite file as it happens.")
        .def_static("create", &create, py::arg("file"), py::arg("header"), py::arg("properties"),
                    py::arg("inputs"), py::arg("fixture"), py::arg("seed"),
                    "Create the file. header: id, started_utc, plan, bench, serial, operator, "
                    "uut_command; inputs: "
                    "(name, sha256, content). Raises InputError if it exists already.")
        .def("set_property", &Record::set_property, py::arg("name"), py::arg("value"))
        .def(
            "begin_test",
            [](Record& self, std::string name, std::string title, std::string description,
               std::vector<std::string> requirements) {
                self.begin_test({std::move(name), std::move(title), std::move(description),
                                 std::move(requirements)});
            },
            py::arg("name"), py::arg("title"), py::arg("description"), py::arg("requirements"))
        .def(
            "add_log",
            [](Record& self, double time, const std::string& source, const std::string& text) {
                self.add_log(Instant{duration_from_seconds(time)}, source, text);
            },
            py::arg("time"), py::arg("source"), py::arg("text"))
        .def(
            "end_test",
            [](Record& self, const std::string& verdict, std::string message, std::string details,
               double wall_seconds, double simulated_seconds, Rig* rig) {
                const TestResult result{verdict_from_string(verdict), std::move(message),
                                        std::move(details), wall_seconds, simulated_seconds};
                const Trace none;
                self.end_test(result, rig != nullptr ? rig->trace() : none);
            },
            py::arg("verdict"), py::arg("message"), py::arg("details"), py::arg("wall_seconds"),
            py::arg("simulated_seconds"), py::arg("rig").none(true))
        .def(
            "end_run",
            [](Record& self, const std::string& floor, const std::string& message,
               const std::string& ended_utc) {
                self.end_run(verdict_from_string(floor), message, ended_utc);
            },
            py::arg("floor"), py::arg("message"), py::arg("ended_utc"))
        .def_property_readonly("bytes_written", &Record::bytes_written);

    module.def("decode_changes", &decode, py::arg("blob"),
               "One block of a trace: lists of times in ns, signal ids and values. Raises "
               "InputError if damaged.");
    module.def(
        "decode_text", [](const py::bytes& blob) { return decode_text(std::string_view(blob)); },
        py::arg("blob"), "One block of a transcript. Raises InputError if damaged.");
}

}  // namespace bmsrig::python
