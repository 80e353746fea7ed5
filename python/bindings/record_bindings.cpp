// The record for Python: writing one, and decoding the blocks that only C++ can read.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <map>

#include "python/bindings/bindings.h"
#include "reports/can_blocks.h"
#include "reports/can_summary.h"
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

/// Several databases may name an identifier; who reads the record cannot know which one was spoken.
void name_can_messages(Record& record, const Rig& rig) {
    for (const std::string& bus : rig.can().names()) {
        std::map<std::pair<bool, std::uint32_t>, std::vector<std::string>> names;
        for (const CanDatabase* database : rig.can().databases(bus)) {
            for (const CanDatabase::Message& message : database->messages()) {
                auto& known = names[{message.extended, message.id}];
                if (std::ranges::find(known, message.name) == known.end())
                    known.push_back(message.name);
            }
        }
        for (const auto& [identifier, each] : names) {
            std::string name;
            for (const std::string& one : each) name += (name.empty() ? "" : " / ") + one;
            record.name_can_message(bus, identifier.second, identifier.first, name);
        }
    }
}

std::string_view word(CanEvent::Kind kind) {
    switch (kind) {
        case CanEvent::Kind::received:
            return "received";
        case CanEvent::Kind::sent:
            return "sent";
        case CanEvent::Kind::error:
            return "error";
    }
    return "?";
}

/// A CAN event as a tuple: end in ns, time on the wire in ns, kind, error, identifier, extended,
/// remote, data.
py::tuple tuple_of(const CanEvent& event) {
    return py::make_tuple(
        to_ns(event.time), event.on_wire.count(), word(event.kind), to_string(event.error),
        event.frame.id, event.frame.extended, event.frame.remote,
        py::bytes(reinterpret_cast<const char*>(event.frame.data.data()), event.frame.length));
}

py::list decode_can(const py::bytes& blob) {
    CanBlockReader reader{std::string_view(blob)};
    py::list events;
    CanEvent event;
    while (reader.next(event)) events.append(tuple_of(event));
    return events;
}

py::list summarise_can(const py::bytes& blob) {
    py::list rows;
    for (const CanSummary& each : summarise_can_events(std::string_view(blob))) {
        rows.append(py::make_tuple(each.count, to_ns(each.first), each.shortest.count(),
                                   each.longest.count(), tuple_of(each.last)));
    }
    return rows;
}

void bind_blocks(py::module_& module) {
    module.def("decode_changes", &decode, py::arg("blob"),
               "One block of a trace: lists of times in ns, signal ids and values. Raises "
               "InputError if damaged.");
    module.def("decode_can_frames", &decode_can, py::arg("blob"),
               "One block of what stood on a CAN bus: for each event the ns at which it ended, how "
               "many ns it held the bus, \"received\", \"sent\" or \"error\", the error, the "
               "identifier, whether that has 29 bits, whether it is a remote frame, and the data. "
               "Raises InputError if damaged.");
    module.def("summarise_can_frames", &summarise_can, py::arg("blob"),
               "Such a block, for each identifier: how many events, the ns at which the first one "
               "ended, the shortest and longest ns between two (0 if there is one), and the last "
               "event. Raises InputError if damaged.");
    module.def(
        "decode_text", [](const py::bytes& blob) { return decode_text(std::string_view(blob)); },
        py::arg("blob"), "One block of a transcript. Raises InputError if damaged.");
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
        .def("name_can_messages", &name_can_messages, py::arg("rig"),
             "Store what the rig's databases call the identifiers on its CAN buses.")
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
            "leave_out_test",
            [](Record& self, const std::string& reason) { self.leave_out_test(reason); },
            py::arg("reason"))
        .def(
            "end_run",
            [](Record& self, const std::string& floor, const std::string& message,
               const std::string& ended_utc) {
                self.end_run(verdict_from_string(floor), message, ended_utc);
            },
            py::arg("floor"), py::arg("message"), py::arg("ended_utc"))
        .def_property_readonly("bytes_written", &Record::bytes_written);
    bind_blocks(module);
}

}  // namespace bmsrig::python
