#include "python/bindings/python_database.h"

#include <pybind11/stl.h>

#include <algorithm>

#include "rig/error.h"

namespace py = pybind11;

namespace bmsrig::python {

template <typename Result>
Result PythonDatabase::call(const char* method, std::size_t message,
                            const py::object& argument) const {
    const std::string where = "CAN database " + name_ + ", message " + messages_.at(message).name;
    const py::function derived = py::get_override(static_cast<const CanDatabase*>(this), method);
    if (!derived) throw Error(where + ": its class has no " + method + "()");
    try {
        return derived(message, argument).template cast<Result>();
    } catch (
        const py::error_already_set& error) {  // without the lines of Python where it came from
        throw Error(where + ": " + method +
                    "() failed: " + py::str(error.type().attr("__name__")).cast<std::string>() +
                    ": " + py::str(error.value()).cast<std::string>());
    } catch (const py::cast_error& error) {
        throw Error(where + ": " + method + "() failed: " + error.what());
    }
}

void PythonDatabase::decode(std::size_t message, std::span<const std::uint8_t> data,
                            std::span<double> values) const {
    const py::gil_scoped_acquire held;
    const py::bytes bytes(reinterpret_cast<const char*>(data.data()), data.size());
    const auto decoded = call<std::vector<double>>("decode", message, bytes);
    if (decoded.size() != values.size()) {
        throw Error("CAN database " + name_ + ", message " + messages_[message].name +
                    ": decode() gave " + std::to_string(decoded.size()) + " values; expected " +
                    std::to_string(values.size()) + ", one for each signal");
    }
    std::ranges::copy(decoded, values.begin());
}

std::vector<std::uint8_t> PythonDatabase::encode(std::size_t message,
                                                 std::span<const double> values) const {
    const py::gil_scoped_acquire held;
    const std::string data = call<py::bytes>(
        "encode", message, py::cast(std::vector<double>(values.begin(), values.end())));
    if (data.size() != messages_[message].length) {
        throw Error("CAN database " + name_ + ", message " + messages_[message].name +
                    ": encode() gave " + std::to_string(data.size()) + " bytes; expected " +
                    std::to_string(messages_[message].length));
    }
    return {data.begin(), data.end()};
}

}  // namespace bmsrig::python
