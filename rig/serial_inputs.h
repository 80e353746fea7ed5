// The serial buses of the wiring as their adapters hear them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rig/bus_ends.h"
#include "rig/instruments/instrument.h"
#include "rig/instruments/serial_adapter.h"
#include "rig/wiring.h"

namespace bmsrig {

/// A byte and the end of its stop bit.
struct TimedByte {
    Instant time;
    std::uint8_t byte = 0;
};

class SerialInputs {
  public:
    SerialInputs() = default;
    ~SerialInputs();
    SerialInputs(const SerialInputs&) = delete;
    SerialInputs& operator=(const SerialInputs&) = delete;

    /// Listens at every serial bus of the wiring, which must outlive this. Throws WiringError if a
    /// bus ends at an instrument that is no adapter of a bus.
    void declare(const Wiring& wiring, const std::map<std::string, Instrument*>& bench);
    /// A test begins: nothing has been heard.
    void restart();

    [[nodiscard]] std::vector<std::string> names() const { return buses_.names(); }
    // These throw Error naming the serial buses there are.
    [[nodiscard]] SerialAdapter& adapter(std::string_view bus) const {
        return *buses_.at(bus).adapter;
    }
    [[nodiscard]] int channel(std::string_view bus) const { return buses_.at(bus).channel(); }
    /// Whether there is something to take.
    [[nodiscard]] bool has_bytes(std::string_view bus) const {
        return !buses_.at(bus).kept.empty();
    }
    /// What has come in since the last call, oldest first.
    std::vector<TimedByte> take(std::string_view bus);

  private:
    BusEnds<SerialAdapter, std::vector<TimedByte>> buses_{"serial"};
};

}  // namespace bmsrig
