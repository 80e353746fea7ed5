#include "rig/can_inputs.h"

#include <algorithm>
#include <utility>

#include "rig/config/yaml_reader.h"
#include "rig/end_of.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

std::string signal_name(const CanDatabase& database, const CanDatabase::Signal& signal) {
    return lower_case("can." + database.name() + "." + signal.name);
}

}  // namespace

CanInputs::~CanInputs() {
    buses_.each([](const auto& bus) { bus.adapter->on_event({}); });
}

std::uint32_t CanInputs::key(std::uint32_t id, bool extended) {
    constexpr std::uint32_t extended_flag = 1U << 31U;  // as in SocketCAN
    return extended ? id | extended_flag : id;
}

void CanInputs::declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench,
                        const std::vector<const CanDatabase*>& databases) {
    buses_.clear();
    std::map<std::string, std::string> served;  // database -> bus
    for (const BusNet& net : wiring.buses()) {
        const auto instrument = bench.find(net.adapter.instrument);
        if (instrument != bench.end() && dynamic_cast<CanAdapter*>(instrument->second) == nullptr &&
            net.databases.empty())
            continue;  // a serial bus
        const std::string what = "bus " + net.name;
        auto& adapter = end_of<CanAdapter>(bench, net.adapter, wiring, what, net.line);
        auto& bus = buses_.add(net, adapter);
        for (const std::string& name : net.databases) {
            const auto where = wiring.file() + ":" + std::to_string(net.line) + ": " + what;
            const auto database = std::ranges::find(databases, name, &CanDatabase::name);
            if (database == databases.end()) {
                throw WiringError(
                    where + ": " +
                    unknown_name("CAN database", name, names_of(databases, &CanDatabase::name)));
            }
            if (const auto [first, is_new] = served.emplace(name, net.name); !is_new) {
                throw WiringError(where + ": the database \"" + name + "\" serves the bus " +
                                  first->second + " already; expected it at one bus");
            }
            add(bus.kept, **database);
        }
        adapter.on_event([this, &adapter](int channel, const CanEvent& event) {
            buses_.at(&adapter, channel, [&](auto& end) { take(end.net->name, end.kept, event); });
        });
    }
}

void CanInputs::add(Frames& bus, const CanDatabase& database) {
    for (std::size_t i = 0; i < database.messages().size(); ++i) {
        const CanDatabase::Message& message = database.messages()[i];
        Meaning meaning{&database, i, {}};
        for (const CanDatabase::Signal& signal : message.signals) {
            const std::string name = signal_name(database, signal);
            const auto known = trace_.find(name);
            meaning.signals.push_back(
                known ? *known
                      : trace_.declare({name, SignalKind::analog,
                                        find_unit(signal.unit).value_or(Unit::none)}));
        }
        values_.resize(std::max(values_.size(), message.signals.size()));
        bus.meanings[key(message.id, message.extended)] = std::move(meaning);
    }
}

void CanInputs::restart() {
    buses_.each([](auto& bus) {
        bus.kept.heard.clear();
        bus.kept.is_recorded = false;
        bus.kept.record.clear();
    });
}

void CanInputs::take(const std::string& name, Frames& bus, const CanEvent& event) {
    if (journal_ != nullptr) journal_->add_can_event(name, event);
    if (event.kind == CanEvent::Kind::received) hear(bus, event.time, event.frame);
}

void CanInputs::hear(Frames& bus, Instant time, const CanFrame& frame) {
    if (bus.is_recorded) bus.record.push_back({time, frame});
    const std::uint32_t wanted = key(frame.id, frame.extended);
    const auto [found, is_new] = bus.heard.try_emplace(wanted);
    Heard& heard = found->second;
    if (is_new) {
        const auto meaning = bus.meanings.find(wanted);
        if (meaning != bus.meanings.end()) heard.meaning = &meaning->second;
    }
    ++heard.state.count;
    heard.state.time = time;
    if (!is_new && heard.state.frame == frame) return;  // nothing that it says has changed
    heard.state.frame = frame;
    if (heard.meaning != nullptr && !frame.remote) decode(*heard.meaning, time, frame);
}

void CanInputs::decode(const Meaning& meaning, Instant time, const CanFrame& frame) {
    const std::span values = std::span(values_).first(meaning.signals.size());
    meaning.database->decode(meaning.message, frame.bytes(), values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        trace_.append(meaning.signals[i], time, values[i]);
    }
}

std::optional<CanIdentifier> CanInputs::identifier(std::string_view bus, std::uint32_t id,
                                                   bool extended) const {
    const auto& heard = buses_.at(bus).kept.heard;
    const auto found = heard.find(key(id, extended));
    if (found == heard.end()) return std::nullopt;
    return found->second.state;
}

void CanInputs::record(std::string_view bus) {
    Frames& found = buses_.at(bus).kept;
    found.record.clear();
    found.is_recorded = true;
}

std::vector<TimedFrame> CanInputs::take_record(std::string_view bus) {
    Frames& found = buses_.at(bus).kept;
    found.is_recorded = false;
    return std::exchange(found.record, {});
}

}  // namespace bmsrig
