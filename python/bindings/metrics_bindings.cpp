// Prometheus metrics for Python.
#include <pybind11/stl.h>

#include <algorithm>

#include "python/bindings/bindings.h"
#include "rig/error.h"
#include "rig/metrics/metrics_server.h"

namespace py = pybind11;

namespace bmsrig::python {

void bind_metrics(py::module_& module) {
    py::class_<MetricsServer>(module, "MetricsServer",
                              "Serves Prometheus metrics over HTTP while it lives.")
        .def(py::init([](const std::string& address, bool network) {
                 const auto reach = network ? MetricsReach::network : MetricsReach::loopback;
                 return std::make_unique<MetricsServer>(address, reach);
             }),
             py::arg("address"), py::arg("network"))
        .def_property_readonly("port", &MetricsServer::port)
        .def(
            "count_run",
            [](MetricsServer& self, const std::string& verdict) {
                self.count_run(verdict_from_string(verdict));
            },
            py::arg("verdict"))
        .def(
            "count_test",
            [](MetricsServer& self, const std::string& verdict, double seconds) {
                self.count_test(verdict_from_string(verdict), seconds);
            },
            py::arg("verdict"), py::arg("seconds"))
        .def(
            "add_exchanges",
            [](MetricsServer& self, const std::vector<std::uint64_t>& counts, double seconds) {
                ExchangeTimes times;
                if (counts.size() != times.counts.size())
                    throw Error("wrong number of buckets of exchange times");
                std::ranges::copy(counts, times.counts.begin());
                times.total_seconds = seconds;
                self.add_exchanges(times);
            },
            py::arg("counts"), py::arg("seconds"))
        .def("count_uut_restarts", &MetricsServer::count_uut_restarts, py::arg("restarts"))
        .def("count_instrument_error", &MetricsServer::count_instrument_error)
        .def("set_trace", &MetricsServer::set_trace, py::arg("changes"), py::arg("memory_bytes"));
}

}  // namespace bmsrig::python
