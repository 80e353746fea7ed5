// The parts of the module bmsrig._core.
#pragma once

#include <pybind11/pybind11.h>

#include "rig/guard/watch.h"

namespace bmsrig {
class Rig;
}

namespace bmsrig::python {

/// The guard gives a plan's own code more time than the rig: it is told where one begins and the
/// other ends.
struct InRig {
    Watch::Scope scope{Watch::Where::rig};
};
/// Of a call that may reach an instrument.
using AtInstruments = pybind11::call_guard<InRig>;
/// Of a call that lets time run. Getting the interpreter back is no longer the rig's.
using Release = pybind11::call_guard<pybind11::gil_scoped_release, InRig>;

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
