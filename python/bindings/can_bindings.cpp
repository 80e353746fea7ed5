// The catalogue of CAN protocols for Python, and databases that Python code brings.
#include <pybind11/stl.h>

#include <algorithm>
#include <vector>

#include "drivers/can/catalogue.h"
#include "python/bindings/bindings.h"
#include "python/bindings/python_database.h"

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

py::bytes to_bytes(const std::vector<std::uint8_t>& data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

py::bytes encode(const CanDatabase& database, std::size_t message,
                 const std::vector<double>& values) {
    return to_bytes(database.encode(message, values));
}

void bind_layouts(py::module_& module) {
    using Signal = CanDatabase::Signal;
    using Message = CanDatabase::Message;
    py::class_<Signal>(module, "CanSignal", "A number in a CAN message.")
        .def(py::init<std::string, std::string, double, double, double, std::map<int, std::string>,
                      bool>(),
             py::arg("name"), py::arg("unit"), py::arg("resolution"), py::arg("low"),
             py::arg("high"), py::arg("words"), py::arg("multiplexed") = false)
        .def_readonly("name", &Signal::name)
        .def_readonly("unit", &Signal::unit)
        .def_readonly("resolution", &Signal::resolution)
        .def_readonly("low", &Signal::low)
        .def_readonly("high", &Signal::high)
        .def_readonly("words", &Signal::words)
        .def_readonly("multiplexed", &Signal::multiplexed);
    py::class_<Message>(module, "CanMessage", "The layout of a CAN frame.")
        .def(py::init<std::uint32_t, bool, std::string, std::uint8_t, std::vector<Signal>>(),
             py::arg("identifier"), py::arg("extended"), py::arg("name"), py::arg("length"),
             py::arg("signals"))
        .def_readonly("id", &Message::id)
        .def_readonly("extended", &Message::extended)
        .def_readonly("name", &Message::name)
        .def_readonly("length", &Message::length)
        .def_readonly("signals", &Message::signals);
    py::class_<CanDatabase, PythonDatabase>(
        module, "CanDatabase",
        "The layouts of a protocol on CAN. A class that derives from it has decode() and encode() "
        "of its own, which the rig calls for the frames of its buses.")
        .def(py::init<std::string, std::vector<Message>>(), py::arg("name"), py::arg("messages"))
        .def_property_readonly("name", &CanDatabase::name)
        .def_property_readonly("messages", &CanDatabase::messages)
        .def("decode", &decode, py::arg("message"), py::arg("data"))
        .def("encode", &encode, py::arg("message"), py::arg("values"));
}

void bind_protocols(py::module_& module) {
    using Protocol = CanProtocol;
    using Message = CanProtocol::Message;
    using KeepAlive = CanProtocol::KeepAlive;
    py::class_<Message>(module, "CanProtocolMessage", "A message by its place in a database.")
        .def_readonly("database", &Message::database)
        .def_readonly("name", &Message::name)
        .def_readonly("id", &Message::id)
        .def_readonly("extended", &Message::extended);
    py::class_<KeepAlive>(module, "CanKeepAlive", "What the other side sends all the time.")
        .def_readonly("message", &KeepAlive::message)
        .def_property_readonly(
            "period", [](const KeepAlive& heard) { return to_seconds(heard.period); }, "In s.")
        .def_property_readonly(
            "data",
            [](const KeepAlive& heard) {
                return heard.data ? std::optional(to_bytes(*heard.data)) : std::nullopt;
            },
            "Its bytes if they are always the same.");
    py::class_<Protocol>(module, "CanProtocol", "What a BMS sends and hears by its setting CHRG.")
        .def_readonly("name", &Protocol::name)
        .def_readonly("chrg", &Protocol::chrg)
        .def_property_readonly(
            "cycle", [](const Protocol& protocol) { return to_seconds(protocol.cycle); },
            "In s, by the manual.")
        .def_readonly("messages", &Protocol::messages)
        .def_readonly("bit_rate_settings", &Protocol::bit_rate_settings,
                      "Those of CANS that the manual names, its default first.")
        .def_readonly("keep_alive", &Protocol::keep_alive)
        .def_property_readonly(
            "receiver_timeout",
            [](const Protocol& protocol) {
                return protocol.receiver_timeout
                           ? std::optional(to_seconds(*protocol.receiver_timeout))
                           : std::nullopt;
            },
            "In s, after which the other side gives up, if that is stated.")
        .def_readonly("layout", &Protocol::layout,
                      "How far it is public: confirmed, unconfirmed or unknown.")
        .def_readonly("source", &Protocol::source);
}

}  // namespace

void bind_can(py::module_& module) {
    bind_layouts(module);
    bind_protocols(module);
    module.def("can_database", &can_database, py::arg("name"), py::return_value_policy::reference);
    module.def("can_databases", [] {
        std::vector<std::string> names;
        for (const CanDatabase* database : can_databases()) names.push_back(database->name());
        return names;
    });
    module.def("can_protocols", &can_protocols, "All protocols, by ascending CHRG.");
}

}  // namespace bmsrig::python
