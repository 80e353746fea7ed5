#include "reports/can_collector.h"

#include <algorithm>

namespace bmsrig {

void CanCollector::add(std::string_view bus, const CanEvent& event) {
    Bus& target = bus_of(bus);
    target.writer->add(event);
    if (target.writer->full()) store(target);
}

void CanCollector::flush() {
    for (Bus& each : buses_) store(each);
}

void CanCollector::finish() {
    flush();
    for (Bus& each : buses_) each.blocks = 0;
}

CanCollector::Bus& CanCollector::bus_of(std::string_view name) {
    const auto found = std::ranges::find(buses_, name, &Bus::name);
    if (found != buses_.end()) return *found;
    return buses_.emplace_back(
        Bus{std::string(name), std::make_unique<CanBlockWriter>(block_events), 0});
}

void CanCollector::store(Bus& bus) {
    const std::size_t count = bus.writer->size();
    if (count == 0) return;
    const std::string data = bus.writer->take();
    store_(bus.name, bus.blocks++, count, data);
}

}  // namespace bmsrig
