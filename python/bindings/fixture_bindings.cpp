// Limits, measurements, requirements, fixtures and benches for Python: read only.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>

#include "drivers/gpio/kernel_gpio.h"
#include "drivers/registry.h"
#include "python/bindings/bindings.h"
#include "rig/ability.h"
#include "rig/config/bench.h"
#include "rig/config/fixture.h"
#include "rig/measurement.h"
#include "rig/names.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

void bind_judging(py::module_& module) {
    py::class_<Limit>(module, "Limit",
                      "The pass band of one named measurement; both ends belong to it.")
        .def_readonly("name", &Limit::name)
        .def_property_readonly("unit",
                               [](const Limit& self) { return std::string(to_string(self.unit)); })
        .def_readonly("low", &Limit::low)
        .def_readonly("high", &Limit::high)
        .def_property_readonly(
            "acceptance", [](const Limit& self) { return std::string(to_string(self.acceptance)); })
        .def_readonly("requirement", &Limit::requirement)
        .def_readonly("source", &Limit::source)
        .def_property_readonly("records_only", &Limit::records_only)
        .def("__str__", &Limit::describe);

    py::class_<Measurement>(module, "Measurement",
                            "A reading with unit, time, limit, uncertainty and verdict.")
        .def_readonly("name", &Measurement::name)
        .def_readonly("value", &Measurement::value)
        .def_readonly("uncertainty", &Measurement::uncertainty)
        .def_readonly("limit", &Measurement::limit)
        .def_property_readonly(
            "verdict", [](const Measurement& self) { return std::string(to_string(self.verdict)); })
        .def_property_readonly("time",
                               [](const Measurement& self) { return to_seconds(self.time); })
        .def_readonly("comment", &Measurement::comment)
        .def("__str__", &Measurement::describe);
}

std::vector<std::string> line_names(const Fixture& fixture) {
    return names_of(fixture.wiring.lines(), &LineNet::name);
}

std::vector<std::string> reading_names(const Fixture& fixture) {
    return names_of(fixture.wiring.readings(), &ReadingNet::name);
}

/// What the bench drives: (port, instrument, lowest and highest value that the UUT stands).
std::vector<std::tuple<std::string, std::string, std::optional<double>, std::optional<double>>>
sources(const Fixture& fixture) {
    std::vector<std::tuple<std::string, std::string, std::optional<double>, std::optional<double>>>
        list;
    for (const InputNet& net : fixture.wiring.inputs())
        list.emplace_back(net.port, net.source.instrument, net.rating_low, net.rating_high);
    return list;
}

/// Of all buses, as the wiring names them.
std::vector<std::string> can_database_names(const Fixture& fixture) {
    std::vector<std::string> names;
    for (const BusNet& net : fixture.wiring.buses()) {
        names.insert(names.end(), net.databases.begin(), net.databases.end());
    }
    return names;
}

void bind_product(py::module_& module) {
    py::class_<Requirement>(module, "Requirement", "A line of a fixture's requirements.csv.")
        .def_readonly("id", &Requirement::id)
        .def_readonly("title", &Requirement::title)
        .def_readonly("text", &Requirement::text)
        .def_readonly("observe", &Requirement::observe)
        .def_readonly("kind", &Requirement::kind)
        .def_readonly("source", &Requirement::source);

    py::class_<Fixture>(module, "Fixture",
                        "What a product is, how it is wired and which limits apply.")
        .def_static(
            "load",
            [](const std::filesystem::path& folder) {
                const FixtureFiles files(folder);
                return Fixture::load(files, files.settings());
            },
            py::arg("folder"),
            "Read a fixture with its default settings. Raises InputError with file and line.")
        .def_property_readonly("folder", [](const Fixture& self) { return self.folder.string(); })
        .def_readonly("name", &Fixture::name)
        .def_readonly("title", &Fixture::title)
        .def_readonly("products", &Fixture::products)
        .def_readonly("process", &Fixture::process)
        .def_property_readonly("reaction_time",
                               [](const Fixture& self) { return to_seconds(self.reaction_time); })
        .def_readonly("limits", &Fixture::limits)
        .def_readonly("requirements", &Fixture::requirements)
        .def_property_readonly("lines", &line_names)
        .def_property_readonly("sources", &sources)
        // A copy: a restart with other settings replaces the fixture's own.
        .def("limit", &Fixture::limit, py::arg("name"), py::return_value_policy::copy)
        .def_property_readonly("can_databases", &can_database_names)
        .def_property_readonly("readings", &reading_names)
        .def("has_setting",
             [](const Fixture& self, const std::string& name) { return self.settings.has(name); })
        .def("setting_text",
             [](const Fixture& self, const std::string& name) { return self.settings.text(name); })
        .def("setting_number", [](const Fixture& self,
                                  const std::string& name) { return self.settings.number(name); })
        .def_property_readonly("settings", [](const Fixture& self) {
            std::map<std::string, std::string> values;
            for (const auto& spec : self.settings.specs())
                values[spec.name] = self.settings.text(spec.name);
            return values;
        });
}

/// Where it is found; empty for a virtual instrument.
std::string address_of(const InstrumentSpec& spec) {
    for (const std::string_view key :
         {"address", "addresses", "interfaces", "interface", "chip", "devices"}) {
        const auto found = std::ranges::find(spec.options, key, &DriverOption::key);
        if (found != spec.options.end()) return found->text;
    }
    return {};
}

void bind_bench(py::module_& module) {
    py::class_<InstrumentSpec>(module, "InstrumentSpec",
                               "An instrument as a bench file describes it.")
        .def_readonly("name", &InstrumentSpec::name)
        .def_readonly("driver", &InstrumentSpec::driver)
        .def_property_readonly("address", &address_of);

    py::class_<CalibrationRule>(module, "CalibrationRule",
                                "What becomes of instruments whose calibration has run out.")
        .def_readonly("refuses_expired", &CalibrationRule::refuses_expired)
        .def_readonly("valid_for_days", &CalibrationRule::valid_for_days)
        .def_readonly("is_required", &CalibrationRule::is_required)
        .def_property_readonly("place",
                               [](const CalibrationRule& self) {
                                   return self.place.file + ":" + std::to_string(self.place.line);
                               })
        .def("__bool__", [](const CalibrationRule& self) { return !self.place.file.empty(); });

    py::class_<Bench>(module, "Bench", "Which driver stands behind each instrument.")
        .def_static("load", &Bench::load, py::arg("file"),
                    "Read a bench file. Raises InputError with file and line.")
        .def_property_readonly("file", [](const Bench& self) { return self.file.string(); })
        .def_readonly("files", &Bench::files, "The file itself, then those it is based on.")
        .def_readonly("name", &Bench::name)
        .def_readonly("fixture", &Bench::fixture)
        .def_readonly("seed", &Bench::seed)
        .def_readonly("uut", &Bench::uut)
        .def_property_readonly("is_real_time",
                               [](const Bench& self) { return self.clock == ClockKind::real_time; })
        .def_readonly("cannot", &Bench::cannot, "Abilities that the bench lacks.")
        .def_readonly("calibration", &Bench::calibration)
        .def_readonly("instruments", &Bench::instruments);
}

}  // namespace

void bind_fixture(py::module_& module) {
    bind_judging(module);
    bind_product(module);
    bind_bench(module);
    module.def("suggest", &suggest, py::arg("wrong"), py::arg("known"),
               "\"did you mean ...?\" where a known name is close, otherwise all that there are.");
    module.def(
        "abilities",
        [] {
            std::map<std::string, std::string> meanings;
            for (const Ability& each : known_abilities()) meanings.emplace(each.name, each.meaning);
            return meanings;
        },
        "What a bench file's `cannot:` may name, with what it means.");
    module.def("libgpiod_version", &libgpiod_version, "Such as \"1.6.3\".");
    module.def(
        "drivers",
        [] {
            std::vector<std::tuple<std::string, std::string, std::string>> list;
            for (const auto& info : driver_registry())
                list.emplace_back(info.name, info.kind, info.description);
            return list;
        },
        "All instrument drivers: (name, kind, description).");
}

}  // namespace bmsrig::python
