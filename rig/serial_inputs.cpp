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
    for (auto& [name, bus] : buses_) bus.adapter->on_byte({});
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
        Bus& bus = buses_[net.name];
        bus.net = &net;
        bus.adapter = &adapter;
        bus.adapter->on_byte(
            [this, wanted = bus.adapter](int channel, Instant time, std::uint8_t byte) {
                for (auto& [name, each] : buses_) {
                    if (each.adapter != wanted || each.net->adapter.channel != channel) continue;
                    if (each.bytes.size() >= most_bytes) {
                        each.bytes.erase(each.bytes.begin(), each.bytes.begin() + most_bytes / 2);
                    }
                    each.bytes.push_back({time, byte});
                }
            });
    }
}

void SerialInputs::restart() {
    for (auto& [name, bus] : buses_) bus.bytes.clear();
}

std::vector<std::string> SerialInputs::names() const {
    return names_of(buses_, &decltype(buses_)::value_type::first);
}

const SerialInputs::Bus& SerialInputs::find(std::string_view bus) const {
    const auto found = buses_.find(bus);
    if (found != buses_.end()) return found->second;
    throw InputError(unknown_name("serial bus", bus, names()));
}

SerialAdapter& SerialInputs::adapter(std::string_view bus) const {
    return *find(bus).adapter;
}

int SerialInputs::channel(std::string_view bus) const {
    return find(bus).net->adapter.channel;
}

bool SerialInputs::has_bytes(std::string_view bus) const {
    return !find(bus).bytes.empty();
}

std::vector<TimedByte> SerialInputs::take(std::string_view bus) {
    return std::exchange(buses_.find(find(bus).net->name)->second.bytes, {});
}

}  // namespace bmsrig
