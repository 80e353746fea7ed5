// Transcripts and their replay for Python.
#include <pybind11/stl.h>

#include "python/bindings/bindings.h"
#include "rig/link/replay.h"
#include "rig/link/transcript.h"

namespace py = pybind11;

namespace bmsrig::python {

void bind_link(py::module_& module) {
    py::class_<link::Difference>(module, "Difference",
                                 "The first line at which a replay differs from its transcript.")
        .def_readonly("line", &link::Difference::line)
        .def_readonly("expected", &link::Difference::expected)
        .def_readonly("seen", &link::Difference::seen);

    module.def(
        "transcript_header",
        [](const std::string& text, const std::string& name, const std::string& header) {
            return link::Transcript::parse(text, name).header(header);
        },
        py::arg("text"), py::arg("name"), py::arg("header"),
        "A header of a transcript, empty if it has none of this name. Raises InputError with name "
        "and line.");
    module.def(
        "replay",
        [](const std::string& text, const std::string& name, const std::string& command,
           double answer_timeout) {
            link::Command how;
            how.line = command;
            how.answer_timeout = duration_from_seconds(answer_timeout);
            return link::replay(link::Transcript::parse(text, name), how);
        },
        py::arg("text"), py::arg("name"), py::arg("command"), py::arg("answer_timeout"),
        py::call_guard<py::gil_scoped_release>(),
        "Play a transcript to a BMS process again; the first difference, or None. Raises "
        "InputError if the text is no "
        "transcript, LinkError if the process breaks the contract.");
}

}  // namespace bmsrig::python
