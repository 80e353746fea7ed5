#include "rig/can_inputs.h"

#include <algorithm>
#include <utility>

#include "rig/config/yaml_reader.h"
#include "rig/end_of.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

const CanDatabase& CanDatabases::at(const std::string& name,
                                    const std::filesystem::path& folder) const {
    const std::filesystem::path file(name);
    if (file.extension() == ".dbc" && load) return load(folder / file);
    const auto found = std::ranges::find(built_in, name, &CanDatabase::name);
    if (found != built_in.end()) return **found;
    throw InputError(
        unknown_name("CAN database", name, names_of(built_in, &CanDatabase::name)) +
        ", and a DBC file of the fixture's own is named by its path from here, ending in .dbc");
}

CanInputs::~CanInputs() {
    buses_.each([](const auto& bus) { bus.adapter->on_event({}); });
}

void CanInputs::declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                        const CanDatabases& databases, Instant now) {
    const auto folder = std::filesystem::path(wiring.file()).parent_path();
    buses_.clear();
    std::map<std::string, std::string> served;  // database -> bus
    for (const BusNet& net : wiring.buses()) {
        const auto instrument = bench.find(net.adapter.instrument);
        if (instrument != bench.end() && dynamic_cast<CanAdapter*>(instrument->second) == nullptr &&
            net.databases.empty())
            continue;  // a serial bus
        const std::string what = "bus " + net.name;
        auto& adapter = end_of<CanAdapter>(bench, net.adapter, wiring, what, net.line);
        Bus& bus = buses_.add(net, adapter).kept;
        bus.traffic.emplace(trace_, net.name, now);
        bus.meanings.emplace(trace_);
        for (const std::string& name : net.databases) {
            const auto where = wiring.file() + ":" + std::to_string(net.line) + ": " + what + ": ";
            const CanDatabase* database = nullptr;
            try {
                database = &databases.at(name, folder);
            } catch (const InputError& problem) {
                throw WiringError(where + problem.what());
            }
            if (const auto [first, is_new] = served.emplace(database->name(), net.name); !is_new) {
                throw WiringError(where + "\"" + name + "\" is called " + database->name() +
                                  " as one that serves the bus " + first->second +
                                  " already; expected each at one bus, and files of other names");
            }
            bus.meanings->add(*database);
            bus.databases.push_back(database);
        }
        adapter.on_event([this, &adapter](int channel, const CanEvent& event) {
            buses_.at(&adapter, channel, [&](auto& end) { take(end.net->name, end.kept, event); });
        });
    }
}

void CanInputs::take(const std::string& name, Bus& bus, const CanEvent& event) {
    if (journal_ != nullptr) journal_->add_can_event(name, event);
    bus.traffic->take(event);
    if (bus.recorded_from) keep(bus, event);
    if (event.kind == CanEvent::Kind::received) bus.meanings->take(event.time, event.frame);
}

void CanInputs::keep(Bus& bus, const CanEvent& event) {
    const Instant begin = event.time - event.on_wire;
    if (event.kind == CanEvent::Kind::received && begin >= *bus.recorded_from) {
        bus.record.frames.push_back({event.time, event.frame});
    }
    // One that began at that instant may have been broken off by what happened then.
    if (event.kind == CanEvent::Kind::error && !event.own && begin > *bus.recorded_from) {
        ++bus.record.error_frames;
    }
}

void CanInputs::pass(Instant now) {
    buses_.each([now](auto& bus) { bus.kept.traffic->pass(now); });
}

const CanDatabase& CanInputs::database(std::string_view bus, std::string_view name) const {
    const auto& here = databases(bus);
    const auto found = std::ranges::find(here, name, &CanDatabase::name);
    if (found != here.end()) return **found;
    throw InputError("bus " + std::string(bus) +
                     ": the fixture's wiring does not list the database " + std::string(name) +
                     " at it; " + suggest(name, names_of(here, &CanDatabase::name)));
}

std::optional<CanIdentifier> CanInputs::identifier(std::string_view bus, std::uint32_t id,
                                                   std::optional<bool> extended) const {
    const CanTraffic& traffic = *buses_.at(bus).kept.traffic;
    const CanIdentifier* heard = traffic.identifier(id, extended.value_or(false));
    if (!extended) {
        const CanIdentifier* other = traffic.identifier(id, true);
        if (heard == nullptr || (other != nullptr && other->time > heard->time)) heard = other;
    }
    if (heard == nullptr) return std::nullopt;
    return *heard;
}

void CanInputs::record(std::string_view bus, Instant now) {
    Bus& found = buses_.at(bus).kept;
    found.record = {};
    found.recorded_from = now;
}

CanWatch CanInputs::take_record(std::string_view bus) {
    Bus& found = buses_.at(bus).kept;
    found.recorded_from.reset();
    return std::exchange(found.record, {});
}

}  // namespace bmsrig
