// The catalogue of CAN protocols for Python.
#include <pybind11/stl.h>

#include <algorithm>
#include <vector>

#include "drivers/can/catalogue.h"
#include "python/bindings/bindings.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

std::vector<double> decode(const CanDatabase& database, std::size_t message,
                           const std::string& data) {
    std::vector<double> values(database.messages().at(message).signals.size());
    std::vector<std::uint8_t> bytes(data.begin(), data.end());
    database.decode(message, bytes, values);
    return values;
}

py::bytes encode(const CanDatabase& database, std::size_t message,
                 const std::vector<double>& values) {
    const std::vector<std::uint8_t> data = database.encode(message, values);
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace

void bind_can(py::module_& module) {
    using Signal = CanDatabase::Signal;
    using Message = CanDatabase::Message;
    py::class_<Signal>(module, "CanSignal", "A number in a CAN message.")
        .def_readonly("name", &Signal::name)
        .def_readonly("unit", &Signal::unit)
        .def_readonly("resolution", &Signal::resolution)
        .def_readonly("low", &Signal::low)
        .def_readonly("high", &Signal::high)
        .def_readonly("words", &Signal::words);
    py::class_<Message>(module, "CanMessage", "The layout of a CAN frame.")
        .def_readonly("id", &Message::id)
        .def_readonly("extended", &Message::extended)
        .def_readonly("name", &Message::name)
        .def_readonly("length", &Message::length)
        .def_readonly("signals", &Message::signals);
    py::class_<CanDatabase>(module, "CanDatabase", "The layouts of a protocol on CAN.")
        .def_property_readonly("name", &CanDatabase::name)
        .def_property_readonly("messages", &CanDatabase::messages)
        .def("decode", &decode, py::arg("message"), py::arg("data"))
        .def("encode", &encode, py::arg("message"), py::arg("values"));
    module.def("can_database", &can_database, py::arg("name"), py::return_value_policy::reference);
    module.def("can_databases", [] {
        std::vector<std::string> names;
        for (const CanDatabase* database : can_databases()) names.push_back(database->name());
        return names;
    });
}

}  // namespace bmsrig::python
