// The laboratory for Python: virtual instruments served on real wires.
#include <pybind11/functional.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "drivers/instrument_server/laboratory.h"
#include "drivers/registry.h"
#include "python/bindings/bindings.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

std::unique_ptr<Laboratory> make_laboratory(
    const std::filesystem::path& fixture, const std::filesystem::path& bench,
    const std::vector<std::pair<std::string, std::string>>& settings,
    const std::string& process_folder, const std::string& today,
    const std::optional<std::function<void(std::string)>>& log) {
    LaboratoryOptions options{fixture, bench, settings, process_folder, today, {}};
    if (log) {
        options.log = [write = *log](std::string_view line) {
            const py::gil_scoped_acquire lock;
            write(std::string(line));
        };
    }
    return std::make_unique<Laboratory>(std::move(options), make_instrument);
}

/// Name, driver and address of each.
std::vector<std::tuple<std::string, std::string, std::string>> served(const Laboratory& self) {
    std::vector<std::tuple<std::string, std::string, std::string>> rows;
    for (const ServedInstrument& instrument : self.served()) {
        rows.emplace_back(instrument.name, instrument.as.driver, instrument.as.address);
    }
    return rows;
}

/// Until a signal comes; its handler in Python raises what ends this.
void run(Laboratory& self) {
    self.run([] {
        const py::gil_scoped_acquire lock;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        return true;
    });
}

}  // namespace

void bind_laboratory(py::module_& module) {
    py::class_<Laboratory>(module, "Laboratory")
        .def(py::init(&make_laboratory), py::arg("fixture"), py::arg("bench"), py::arg("settings"),
             py::arg("process_folder"), py::arg("today"), py::arg("log"))
        .def_property_readonly("served", &served)
        .def_property_readonly("bench_text", &Laboratory::bench_text)
        .def_property_readonly("exchanges", &Laboratory::exchanges)
        .def("run", &run, py::call_guard<py::gil_scoped_release>());
}

}  // namespace bmsrig::python
