// REC's RS-485 for Python: the tables, frames, and a host that lets the rig's time run.
#include <pybind11/stl.h>

#include <stdexcept>

#include "drivers/rs485/host.h"
#include "python/bindings/bindings.h"
#include "rig/error.h"
#include "rig/rig.h"

namespace py = pybind11;

namespace bmsrig::python {

namespace {

using rs485::Byte;
using rs485::Host;
using rs485::Instruction;
using rs485::Reply;
using rs485::Time;

/// (time in seconds, destination, sender, payload)
using FrameTuple = std::tuple<double, int, int, py::bytes>;

const rs485::Table& table_of(const std::string& name) {
    for (const rs485::Table* const table : {&rs485::rec_2q(), &rs485::rec_abms()}) {
        if (table->name == name) return *table;
    }
    throw InputError("there is no table \"" + name +
                     "\" of RS-485 instructions; expected rec_2q or rec_abms");
}

rs485::Name name_of(const std::string& text) {
    const std::optional<rs485::Name> name = rs485::name_from(text);
    if (!name)
        throw InputError("\"" + text +
                         "\" is no instruction; expected four characters such as CMAX");
    return *name;
}

py::bytes to_python(std::span<const Byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

py::bytes encode(int destination, int sender, const std::string& payload, bool low_byte_first) {
    if (payload.size() > rs485::most_payload) {
        throw InputError("a payload of " + std::to_string(payload.size()) +
                         " bytes; expected 255 at most");
    }
    const auto order = low_byte_first ? rs485::CrcOrder::low_first : rs485::CrcOrder::high_first;
    const rs485::Frame frame{static_cast<Byte>(destination), static_cast<Byte>(sender),
                             rs485::payload_of(payload)};
    return to_python(rs485::encode(frame, order).bytes());
}

/// The frames among bytes that came one by one, each with its time in seconds.
std::vector<FrameTuple> decode(const std::vector<std::pair<double, int>>& bytes) {
    std::vector<FrameTuple> frames;
    rs485::Decoder decoder;
    double time = 0;
    const auto keep = [&](const rs485::Frame& frame) {
        frames.emplace_back(time, frame.destination, frame.sender, to_python(frame.payload));
    };
    for (const auto& [seconds, value] : bytes) {
        const auto byte = static_cast<Byte>(value);
        time = seconds;
        decoder.received({&byte, 1}, duration_from_seconds(seconds), keep);
    }
    decoder.expire(duration_from_seconds(time) + rs485::longest_gap, keep);
    return frames;
}

/// Lets the rig's time run until the host's exchange is over.
void run(Host& host, Rig& rig, const std::string& bus) {
    const auto now = [&rig] { return Time(rig.now().time_since_epoch()); };
    const rs485::Time beginning = now();
    while (host.is_pending()) {
        for (const auto& [time, byte] : rig.take_serial(bus)) {
            host.received({&byte, 1}, time.time_since_epoch());
        }
        const std::span<const Byte> bytes = host.advance(now());
        if (!bytes.empty()) rig.send_serial(bus, bytes);
        if (!host.is_pending()) break;
        const Time due = host.due().value_or(beginning);
        if (due > now()) rig.wait_for_serial(bus, due - now());
    }
}

/// What the host throws is a mistake of the plan.
template <typename Begin>
Reply exchange(Host& host, Rig& rig, const std::string& bus, const Begin& begin) {
    host.set_bit_rate(rig.serial().adapter(bus).bit_rate(rig.serial().channel(bus)));
    try {
        begin(Time(rig.now().time_since_epoch()));
    } catch (const std::invalid_argument& mistake) {
        throw InputError(mistake.what());
    }
    run(host, rig, bus);
    return host.reply();
}

std::string word(rs485::Access access) {
    constexpr std::array<const char*, 4> words{"R", "W", "RW", "X"};
    return words.at(static_cast<std::size_t>(access));
}

std::string word(rs485::Type type) {
    constexpr std::array<const char*, 5> words{"float", "integer", "text", "floats", "bytes"};
    return words.at(static_cast<std::size_t>(type));
}

void bind_instruction(py::module_& module) {
    py::class_<Instruction>(module, "Rs485Instruction", "A row of a table of RS-485 instructions.")
        .def_property_readonly("name", [](const Instruction& self) { return self.mnemonic; })
        .def_readonly("group", &Instruction::group)
        .def_property_readonly("access", [](const Instruction& self) { return word(self.access); })
        .def_property_readonly("type", [](const Instruction& self) { return word(self.type); })
        .def_readonly("unit", &Instruction::unit)
        .def_readonly("minimum", &Instruction::minimum)
        .def_readonly("maximum", &Instruction::maximum)
        .def_readonly("default", &Instruction::initial)
        .def_readonly("decimals", &Instruction::decimals)
        .def_property_readonly("choices",
                               [](const Instruction& self) {
                                   std::vector<std::pair<int, int>> intervals;
                                   for (const rs485::Choices& some : self.choices)
                                       intervals.emplace_back(some.low, some.high);
                                   return intervals;
                               })
        .def_readonly("text", &Instruction::text)
        .def_readonly("source", &Instruction::source)
        .def_readonly("note", &Instruction::note)
        .def_property_readonly("is_setting", &Instruction::is_setting)
        .def_property_readonly("is_readable", &Instruction::is_readable)
        .def_property_readonly("is_command", &Instruction::is_command)
        .def("allows", &Instruction::allows, py::arg("value"));
    module.def(
        "rs485_instructions",
        [](const std::string& table) {
            const auto rows = table_of(table).instructions;
            return std::vector<Instruction>(rows.begin(), rows.end());
        },
        py::arg("table"));
    module.def("rs485_encode", &encode, py::arg("destination"), py::arg("sender"),
               py::arg("payload"), py::arg("low_byte_first"));
    module.def("rs485_decode", &decode, py::arg("data"));
}

void bind_reply(py::module_& module) {
    py::class_<Reply>(module, "Rs485Reply", "What came of an exchange.")
        .def_property_readonly("outcome", [](const Reply& self) { return to_string(self.outcome); })
        .def_readonly("number", &Reply::number)
        .def_property_readonly(
            "text", [](const Reply& self) { return to_python(rs485::payload_of(self.text)); })
        .def_readonly("floats", &Reply::floats)
        .def_property_readonly("bytes", [](const Reply& self) { return to_python(self.bytes); })
        .def_property_readonly(
            "problem", [](const Reply& self) { return to_python(rs485::payload_of(self.problem)); })
        .def_readonly("attempts", &Reply::attempts)
        .def_property_readonly("answer_time",
                               [](const Reply& self) { return to_seconds(self.answer_time); })
        .def_readonly("binary_count", &Reply::binary_count);
}

void bind_host(py::module_& module) {
    py::class_<Host>(module, "Rs485Host", "Asks and tells one unit.")
        .def(py::init([](const std::string& table, int unit) {
                 return Host(table_of(table), {.unit = static_cast<Byte>(unit)});
             }),
             py::arg("table"), py::arg("unit"))
        .def(
            "query",
            [](Host& self, Rig& rig, const std::string& bus, const std::string& name) {
                return exchange(self, rig, bus, [&](Time now) { self.query(name_of(name), now); });
            },
            py::arg("rig"), py::arg("bus"), py::arg("name"), Release())
        .def(
            "write",
            [](Host& self, Rig& rig, const std::string& bus, const std::string& name,
               double value) {
                return exchange(self, rig, bus,
                                [&](Time now) { self.write(name_of(name), value, now); });
            },
            py::arg("rig"), py::arg("bus"), py::arg("name"), py::arg("value"), Release())
        .def(
            "command",
            [](Host& self, Rig& rig, const std::string& bus, const std::string& name, bool armed) {
                const auto arming = armed ? rs485::Arming::armed : rs485::Arming::safe;
                return exchange(self, rig, bus,
                                [&](Time now) { self.command(name_of(name), arming, now); });
            },
            py::arg("rig"), py::arg("bus"), py::arg("name"), py::arg("armed"), Release())
        .def_property_readonly("sender_first",
                               [](const Host& self) -> std::optional<bool> {
                                   if (self.address_order() == rs485::AddressOrder::unknown)
                                       return std::nullopt;
                                   return self.address_order() == rs485::AddressOrder::sender_first;
                               })
        .def_property_readonly(
            "bad_frames",
            [](const Host& self) { return self.counts().bad_crcs + self.counts().bad_ends; })
        .def_property_readonly("stray_frames", &Host::stray_frames);
}

}  // namespace

void bind_rs485(py::module_& module) {
    bind_instruction(module);
    bind_reply(module);
    bind_host(module);
}

}  // namespace bmsrig::python
