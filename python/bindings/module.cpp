// bmsrig._core: the C++ rig as Python sees it. The package bmsrig wraps it; plans do not import it.
#include <pybind11/gil_safe_call_once.h>

#include "python/bindings/bindings.h"
#include "rig/error.h"

namespace py = pybind11;

namespace {

/// Its Python twin has the ability as an attribute.
void register_bench_cannot(py::module_& module, const py::object& base) {
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> type;
    type.call_once_and_store_result(
        [&] { return py::exception<bmsrig::BenchCannot>(module, "BenchCannot", base); });
    const py::object& bench_cannot = type.get_stored();
    bench_cannot.attr("__doc__") =
        "The bench has no means for what a test asks. `ability` is what a bench file's `cannot:` "
        "calls it.";
    bench_cannot.attr("ability") = "";
    // pybind11 wants this signature. NOLINTNEXTLINE(performance-unnecessary-value-param)
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const bmsrig::BenchCannot& problem) {
            const py::object instance = type.get_stored()(problem.what());
            instance.attr("ability") = problem.ability();
            PyErr_SetObject(type.get_stored().ptr(), instance.ptr());
        }
    });
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "The C++ rig. Use the package bmsrig instead.";

    // The last one registered is tried first, so the base comes first.
    auto& error = py::register_exception<bmsrig::Error>(module, "RigError", PyExc_RuntimeError);
    error.attr("__doc__") =
        "Any problem of the rig, its files or its instruments: verdict ERROR, never FAIL.";
    auto& input_error = py::register_exception<bmsrig::InputError>(module, "InputError", error);
    py::register_exception<bmsrig::BenchInUse>(module, "BenchInUse", input_error);
    py::register_exception<bmsrig::RatingError>(module, "RatingError", error);
    py::register_exception<bmsrig::WiringError>(module, "WiringError", error);
    py::register_exception<bmsrig::InstrumentError>(module, "InstrumentError", error);
    py::register_exception<bmsrig::LinkError>(module, "LinkError", error);
    register_bench_cannot(module, error);

    module.attr("compiler") = "gcc " __VERSION__;

    bmsrig::python::bind_can(module);
    bmsrig::python::bind_fixture(module);
    bmsrig::python::bind_record(module);
    bmsrig::python::bind_rig(module);
    bmsrig::python::bind_rs485(module);
    bmsrig::python::bind_laboratory(module);
    bmsrig::python::bind_link(module);
    bmsrig::python::bind_metrics(module);
}
