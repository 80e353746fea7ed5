// The parts of the module bmsrig._core.
#pragma once

#include <pybind11/pybind11.h>

namespace bmsrig {
class Rig;
}

namespace bmsrig::python {

void bind_buses(pybind11::module_& module, pybind11::class_<Rig>& rig);
void bind_can(pybind11::module_& module);
void bind_fixture(pybind11::module_& module);
void bind_laboratory(pybind11::module_& module);
void bind_link(pybind11::module_& module);
void bind_metrics(pybind11::module_& module);
void bind_record(pybind11::module_& module);
void bind_rig(pybind11::module_& module);
void bind_rs485(pybind11::module_& module);

}  // namespace bmsrig::python
