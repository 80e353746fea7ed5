// bmsrig._core: the C++ rig as Python sees it. The package bmsrig wraps it; plans do not import it.
#include "python/bindings/bindings.h"

#include "rig/error.h"

namespace py = pybind11;

PYBIND11_MODULE(_core, module) {
    module.doc() = "The C++ rig. Use the package bmsrig instead.";

    // The last one registered is tried first, so the base comes first.
    auto& error = py::register_exception<bmsrig::Error>(module, "RigError", PyExc_RuntimeError);
    error.attr("__doc__") =
        "Any problem of the rig, its files or its instruments: verdict ERROR, never FAIL.";
    py::register_exception<bmsrig::InputError>(module, "InputError", error);
    py::register_exception<bmsrig::RatingError>(module, "RatingError", error);
    py::register_exception<bmsrig::WiringError>(module, "WiringError", error);
    py::register_exception<bmsrig::InstrumentError>(module, "InstrumentError", error);
    py::register_exception<bmsrig::LinkError>(module, "LinkError", error);

    module.attr("compiler") = "gcc " __VERSION__;

    bmsrig::python::bind_can(module);
    bmsrig::python::bind_fixture(module);
    bmsrig::python::bind_record(module);
    bmsrig::python::bind_rig(module);
    bmsrig::python::bind_rs485(module);
    bmsrig::python::bind_link(module);
    bmsrig::python::bind_metrics(module);
}
