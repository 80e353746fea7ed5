#include "rig/serial_inputs.h"

#include <utility>

#include "rig/config/yaml_reader.h"
#include "rig/end_of.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

/// A test that never takes what comes in still ends; beyond this the oldest bytes go.
constexpr std::size_t most_bytes = 1U << 20U;

}  // namespace

SerialInputs::~SerialInputs() {
    buses_.each([](const auto& bus) { bus.adapter->on_byte({}); });
}

void SerialInputs::declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench) {
    buses_.clear();
    for (const BusNet& net : wiring.buses()) {
        const auto instrument = bench.find(net.adapter.instrument);
        const bool is_can =
            instrument != bench.end() && dynamic_cast<CanAdapter*>(instrument->second) != nullptr;
        if (is_can || !net.databases.empty()) continue;
        auto& adapter =
            end_of<SerialAdapter>(bench, net.adapter, wiring, "bus " + net.name, net.line);
        buses_.add(net, adapter);
        adapter.on_byte([this, &adapter](int channel, Instant time, std::uint8_t byte) {
            buses_.at(&adapter, channel, [&](auto& bus) {
                auto& bytes = bus.kept;
                if (bytes.size() >= most_bytes) {
                    bytes.erase(bytes.begin(), bytes.begin() + most_bytes / 2);
                }
                bytes.push_back({time, byte});
            });
        });
    }
}

void SerialInputs::restart() {
    buses_.each([](auto& bus) { bus.kept.clear(); });
}

std::vector<TimedByte> SerialInputs::take(std::string_view bus) {
    return std::exchange(buses_.at(bus).kept, {});
}

}  // namespace bmsrig
