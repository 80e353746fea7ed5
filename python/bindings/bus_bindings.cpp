// The buses of a rig: frames and bytes, their times and faults.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "python/bindings/bindings.h"
#include "rig/error.h"
#include "rig/hex.h"
#include "rig/rig.h"

namespace bmsrig::python {

namespace {

namespace py = pybind11;

std::vector<std::uint8_t> bytes_of(const py::bytes& data) {
    const auto view = static_cast<std::string_view>(data);
    return {view.begin(), view.end()};
}

py::bytes to_bytes(std::span<const std::uint8_t> data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

CanFrame frame_of(std::uint32_t id, const py::bytes& data, bool extended, bool remote) {
    const auto view = static_cast<std::string_view>(data);
    CanFrame frame{
        id, extended, remote,
        static_cast<std::uint8_t>(std::min<std::size_t>(view.size(), frame.data.size() + 1))};
    std::ranges::copy(view.substr(0, frame.data.size()), frame.data.begin());
    // The notation knows all that a frame may be.
    if (view.size() <= frame.data.size() && can_frame_from(to_string(frame)) == frame) return frame;
    throw InputError("no CAN frame has the identifier " + std::to_string(id) + " (" +
                     (extended ? "29" : "11") + " bit) and " + std::to_string(view.size()) +
                     " bytes of data; expected up to " + (extended ? "0x1FFFFFFF" : "0x7FF") +
                     " and 8 bytes, none in a remote frame");
}

void bind_can_frames(py::class_<Rig>& rig) {
    rig.def(
           "can_send",
           [](Rig& self, const std::string& bus, std::uint32_t id, const py::bytes& data,
              bool extended,
              bool remote) { self.send_can(bus, frame_of(id, data, extended, remote)); },
           py::arg("bus"), py::arg("identifier"), py::arg("data"), py::arg("extended"),
           py::arg("remote"), AtInstruments())
        .def(
            "can_identifier",
            [](const Rig& self, const std::string& bus, std::uint32_t id,
               std::optional<bool> extended) { return self.can().identifier(bus, id, extended); },
            py::arg("bus"), py::arg("identifier"), py::arg("extended"))
        .def(
            "can_wait",
            [](Rig& self, const std::string& bus, std::uint32_t id, std::optional<bool> extended,
               double timeout) {
                return self.wait_for_can(bus, id, extended, duration_from_seconds(timeout));
            },
            py::arg("bus"), py::arg("identifier"), py::arg("extended"), py::arg("timeout"),
            Release())
        .def(
            "can_watch",
            [](Rig& self, const std::string& bus, double seconds) {
                CanWatch watched;
                {
                    const py::gil_scoped_release release;
                    watched = self.watch_can(bus, duration_from_seconds(seconds));
                }
                py::list list;
                for (const auto& [time, frame] : watched.frames) {
                    list.append(py::make_tuple(to_seconds(time), frame.id, frame.extended,
                                               frame.remote, to_bytes(frame.bytes())));
                }
                return py::make_tuple(list, watched.error_frames);
            },
            py::arg("bus"), py::arg("seconds"));
}

void bind_can_repeats(py::class_<Rig>& rig) {
    rig.def(
           "can_repeat",
           [](Rig& self, const std::string& bus, std::uint32_t id, const py::bytes& data,
              bool extended, double period) {
               return self.repeat_can(bus, frame_of(id, data, extended, false),
                                      duration_from_seconds(period));
           },
           py::arg("bus"), py::arg("identifier"), py::arg("data"), py::arg("extended"),
           py::arg("period"), AtInstruments())
        .def("can_stop_repeating", &Rig::stop_repeating_can, py::arg("repeated"));
}

CanFault can_fault_from(const std::string& word) {
    for (const auto fault : {CanFault::none, CanFault::short_circuit, CanFault::open}) {
        if (word == to_string(fault)) return fault;
    }
    throw InputError("\"" + word + "\" is no fault of a CAN bus; expected none, short or open");
}

void bind_can_node(py::class_<Rig>& rig) {
    rig.def(
           "can_listen_only",
           [](const Rig& self, const std::string& bus) {
               return self.can().adapter(bus).settings(self.can().channel(bus)).listen_only;
           },
           py::arg("bus"))
        .def(
            "set_can_listen_only",
            [](Rig& self, const std::string& bus, bool listens) {
                self.can().adapter(bus).set_listen_only(self.can().channel(bus), listens);
            },
            py::arg("bus"), py::arg("listens"))
        .def(
            "can_state",
            [](const Rig& self, const std::string& bus) {
                return std::string(
                    to_string(self.can().adapter(bus).state(self.can().channel(bus))));
            },
            py::arg("bus"))
        .def(
            "can_recover",
            [](Rig& self, const std::string& bus) {
                self.can().adapter(bus).recover(self.can().channel(bus));
            },
            py::arg("bus"))
        .def(
            "set_can_fault",
            [](Rig& self, const std::string& bus, const std::string& fault) {
                self.can().adapter(bus).set_fault(self.can().channel(bus), can_fault_from(fault));
            },
            py::arg("bus"), py::arg("fault"));
}

void bind_can_meanings(py::class_<Rig>& rig) {
    rig.def(
           "can_database",
           [](const Rig& self, const std::string& bus, const std::string& name)
               -> const CanDatabase& { return self.can().database(bus, name); },
           py::arg("bus"), py::arg("name"), py::return_value_policy::reference)
        .def(
            "can_carried",
            [](Rig& self, const std::string& bus,
               const std::string& signal) -> std::optional<double> {
                const auto time = self.can().carried(bus, self.trace().require(signal));
                return time ? std::optional(to_seconds(*time)) : std::nullopt;
            },
            py::arg("bus"), py::arg("signal"))
        .def(
            "can_load", [](Rig& self, const std::string& bus) { return self.can_load(bus); },
            py::arg("bus"));
}

/// What has been heard of an identifier, for Python.
void bind_can_identifier(py::module_& module) {
    const auto seconds = [](Duration CanIdentifier::*member) {
        return [member](const CanIdentifier& self) { return to_seconds(self.*member); };
    };
    py::class_<CanIdentifier>(module, "CanIdentifier", "What has been heard of an identifier.")
        .def_readonly("count", &CanIdentifier::count)
        .def_property_readonly("time",
                               [](const CanIdentifier& self) { return to_seconds(self.time); })
        .def_property_readonly("extended",
                               [](const CanIdentifier& self) { return self.frame.extended; })
        .def_property_readonly(
            "data", [](const CanIdentifier& self) { return to_bytes(self.frame.bytes()); })
        .def_property_readonly("period", seconds(&CanIdentifier::period))
        .def_property_readonly("shortest", seconds(&CanIdentifier::shortest))
        .def_property_readonly("longest", seconds(&CanIdentifier::longest))
        .def_property_readonly("mean",
                               [](const CanIdentifier& self) { return to_seconds(self.mean()); });
}

void bind_can_rates(py::class_<Rig>& rig) {
    rig.def(
           "can_bit_rate",
           [](const Rig& self, const std::string& bus) {
               return self.can().adapter(bus).bit_rate(self.can().channel(bus));
           },
           py::arg("bus"))
        .def(
            "set_can_bit_rate",
            [](Rig& self, const std::string& bus, std::uint32_t bit_rate) {
                self.can().adapter(bus).set_bit_rate(self.can().channel(bus), bit_rate);
            },
            py::arg("bus"), py::arg("bit_rate"))
        .def(
            "detect_can_bit_rate",
            [](Rig& self, const std::string& bus,
               std::optional<std::vector<std::uint32_t>> candidates,
               std::optional<double> listening) {
                CanRateSearch search;
                if (candidates) search.candidates = *std::move(candidates);
                if (listening) search.listening = duration_from_seconds(*listening);
                CanRateFound found = self.detect_can_bit_rate(bus, search);
                return std::pair{found.bit_rate, std::move(found.heard)};
            },
            py::arg("bus"), py::arg("candidates"), py::arg("listening"), Release())
        .def(
            "can_counts",
            [](const Rig& self, const std::string& bus) {
                const CanBusCounts counts = self.can().adapter(bus).counts(self.can().channel(bus));
                py::dict facts;
                facts["received"] = counts.received;
                facts["sent"] = counts.sent;
                facts["error_frames"] = counts.error_frames;
                facts["unacknowledged"] = counts.unacknowledged;
                facts["retransmissions"] = counts.retransmissions;
                facts["busy"] = to_seconds(counts.busy);
                return facts;
            },
            py::arg("bus"));
}

void bind_serial(py::class_<Rig>& rig) {
    rig.def(
           "serial_send",
           [](Rig& self, const std::string& bus, const py::bytes& data) {
               self.send_serial(bus, bytes_of(data));
           },
           py::arg("bus"), py::arg("data"), AtInstruments())
        .def(
            "serial_received",
            [](Rig& self, const std::string& bus) {
                std::vector<std::pair<double, int>> bytes;
                for (const auto& [time, byte] : self.take_serial(bus)) {
                    bytes.emplace_back(to_seconds(time), byte);
                }
                return bytes;
            },
            py::arg("bus"))
        .def(
            "serial_wait",
            [](Rig& self, const std::string& bus, double timeout) {
                return self.wait_for_serial(bus, duration_from_seconds(timeout));
            },
            py::arg("bus"), py::arg("timeout"), Release())
        .def(
            "serial_bit_rate",
            [](const Rig& self, const std::string& bus) {
                return self.serial().adapter(bus).bit_rate(self.serial().channel(bus));
            },
            py::arg("bus"))
        .def(
            "set_serial_bit_rate",
            [](Rig& self, const std::string& bus, std::uint32_t bit_rate) {
                self.serial().adapter(bus).set_bit_rate(self.serial().channel(bus), bit_rate);
            },
            py::arg("bus"), py::arg("bit_rate"))
        .def(
            "set_serial_faults",
            [](Rig& self, const std::string& bus, double bit_errors, double lost_bytes) {
                self.serial().adapter(bus).set_faults(self.serial().channel(bus),
                                                      {bit_errors, lost_bytes});
            },
            py::arg("bus"), py::arg("bit_errors"), py::arg("lost_bytes"))
        .def(
            "serial_counts",
            [](const Rig& self, const std::string& bus) {
                const SerialCounts counts =
                    self.serial().adapter(bus).counts(self.serial().channel(bus));
                py::dict facts;
                facts["received"] = counts.received;
                facts["sent"] = counts.sent;
                facts["framing_errors"] = counts.framing_errors;
                facts["collisions"] = counts.collisions;
                return facts;
            },
            py::arg("bus"));
}

}  // namespace

void bind_buses(py::module_& module, py::class_<Rig>& rig) {
    bind_can_identifier(module);
    rig.def_property_readonly("can_buses", [](const Rig& self) { return self.can().names(); })
        .def_property_readonly("serial_buses",
                               [](const Rig& self) { return self.serial().names(); });
    bind_can_frames(rig);
    bind_can_repeats(rig);
    bind_can_node(rig);
    bind_can_meanings(rig);
    bind_can_rates(rig);
    bind_serial(rig);
}

}  // namespace bmsrig::python
