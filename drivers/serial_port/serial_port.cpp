#include "drivers/serial_port/serial_port.h"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "drivers/serial_port/serial_channel.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/quantity.h"

namespace bmsrig {

namespace {

constexpr int highest_rate = 10'000'000;

/// Who switches between sending and hearing, for records.
std::string in_words(DirectionControl direction) {
    switch (direction) {
        case DirectionControl::kernel:
            return "the kernel switches the RS-485 driver";
        case DirectionControl::rts:
            return "the rig switches the RS-485 driver by RTS";
        case DirectionControl::adapter:
            break;
    }
    return "the adapter switches the RS-485 driver";
}

/// What a USB adapter says of itself in one of its files; empty for any other port.
std::string usb_says(const std::string& device, const std::string& what) {
    namespace fs = std::filesystem;
    std::error_code none;
    const auto name = fs::canonical(device, none).filename();
    auto folder = fs::canonical("/sys/class/tty" / name / "device", none);
    for (int up = 0; !none && up < 4 && folder.has_relative_path(); ++up) {
        if (fs::exists(folder / "idVendor", none)) {
            std::string text;
            std::getline(std::ifstream(folder / what), text);
            return text;
        }
        folder = folder.parent_path();
    }
    return "";
}

struct SerialPortOptions {
    std::string name;
    std::string serial_number;
    std::string calibrated;
    bool holds = false;
};

class SerialPort final : public SerialAdapter {
  public:
    SerialPort(SerialPortOptions options, const std::vector<SerialSetup>& setups, Reactor& reactor)
        : options_(std::move(options)) {
        for (const SerialSetup& setup : setups) {
            lines_.push_back(std::make_unique<SerialChannel>(setup, reactor, listener_));
        }
    }

    [[nodiscard]] const std::string& name() const override { return options_.name; }
    [[nodiscard]] int channels() const override { return static_cast<int>(lines_.size()); }
    Identity identify() override;
    void make_safe() override {
        if (options_.holds) return;
        for (const auto& line : lines_) line->give_up();
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {
        for (const auto& line : lines_) line->restart();
    }

    void on_byte(Listener listener) override { listener_ = std::move(listener); }
    void send(int channel, std::span<const std::uint8_t> bytes) override {
        at(channel).send(bytes);
    }
    void set_bit_rate(int channel, std::uint32_t bit_rate) override {
        at(channel).set_bit_rate(bit_rate);
    }
    [[nodiscard]] std::uint32_t bit_rate(int channel) const override {
        return at(channel).bit_rate();
    }
    void set_faults(int channel, const WireFaults& faults) override {
        const SerialChannel& line = at(channel);
        for (const double each : {faults.bit_errors, faults.lost_bytes}) {
            if (each >= 0 && each <= 1) continue;
            throw InputError("instrument \"" + name() +
                             "\": a fault of the wire with probability " + format_number(each) +
                             " was asked for; expected 0 to 1");
        }
        if (faults == WireFaults{}) return;  // there are none
        throw BenchCannot("serial_faults", "instrument \"" + name() + "\", channel " +
                                               std::to_string(channel) + " (" + line.device() +
                                               "): a port cannot spoil what is on its wire");
    }
    [[nodiscard]] SerialCounts counts(int channel) const override { return at(channel).counts(); }

  private:
    [[nodiscard]] SerialChannel& at(int channel) const {
        check_channel(name(), channel, channels());
        return *lines_[static_cast<std::size_t>(channel) - 1];
    }

    SerialPortOptions options_;
    Listener listener_;
    std::vector<std::unique_ptr<SerialChannel>> lines_;
};

Identity SerialPort::identify() {
    const SerialChannel& first = *lines_.front();
    std::string maker = usb_says(first.device(), "manufacturer");
    std::string model = usb_says(first.device(), "product");
    std::string serial = usb_says(first.device(), "serial");
    if (maker.empty()) maker = "Linux";
    if (model.empty()) model = "serial port";
    if (serial.empty()) serial = first.device();
    if (!options_.serial_number.empty() && serial != options_.serial_number) {
        throw InstrumentError(
            "instrument \"" + name() + "\" (" + first.device() + "): its serial number is \"" +
            serial + "\", expected \"" + options_.serial_number +
            "\"; another adapter is plugged in, or the bench file names the wrong "
            "port");
    }
    utsname system{};
    ::uname(&system);
    return {maker, model, serial,
            std::string("Linux ") + system.release + ", " + in_words(first.direction()),
            options_.calibrated};
}

/// Which of the words an option is, the first one unless said.
std::size_t take_choice(InstrumentSpec& spec, const std::string& key,
                        const std::vector<std::string>& choices) {
    const std::string word = spec.word(key, choices.front());
    const auto found = std::ranges::find(choices, word);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    std::string expected;
    for (const std::string& choice : choices) expected += (expected.empty() ? "" : ", ") + choice;
    throw InputError(spec.file, spec.line,
                     "instrument \"" + spec.name + "\": " + key + " is \"" + word +
                         "\"; expected one of " + expected);
}

std::vector<SerialSetup> take_setups(InstrumentSpec& spec) {
    SerialSetup common;
    common.instrument = spec.name;
    std::istringstream devices(spec.word("devices", ""));
    common.bit_rate = static_cast<std::uint32_t>(spec.integer("bit_rate", 0, 50, highest_rate));
    common.direction = std::vector{
        DirectionControl::kernel, DirectionControl::rts,
        DirectionControl::adapter}[take_choice(spec, "rs485", {"kernel", "rts", "none"})];
    common.echoes = take_choice(spec, "echo", {"no", "yes"}) == 1;
    std::vector<SerialSetup> setups;
    for (std::string device; devices >> device;) {
        setups.push_back(common);
        setups.back().channel = static_cast<int>(setups.size());
        setups.back().device = device;
    }
    const auto refuse = [&spec](const std::string& text) {
        throw InputError(spec.file, spec.line, "instrument \"" + spec.name + "\": " + text);
    };
    if (setups.empty()) {
        refuse("it does not say its ports; expected such as \"devices: /dev/ttyUSB0\"");
    }
    if (common.bit_rate == 0) {
        refuse(
            "it does not say its bit rate, and a port cannot find it out; expected such as "
            "\"bit_rate: 56000\"");
    }
    return setups;
}

}  // namespace

std::unique_ptr<Instrument> make_serial_port(InstrumentSpec& spec, const DriverContext& context) {
    Reactor& reactor = require_reactor(spec, context);
    const std::vector<SerialSetup> setups = take_setups(spec);
    SerialPortOptions options{.name = spec.name,
                              .serial_number = spec.word("serial_number", ""),
                              .calibrated = spec.date("calibrated"),
                              .holds = take_choice(spec, "safe", {"off", "hold"}) == 1};
    return std::make_unique<SerialPort>(std::move(options), setups, reactor);
}

}  // namespace bmsrig
