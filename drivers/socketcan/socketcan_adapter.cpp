#include "drivers/socketcan/socketcan_adapter.h"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "drivers/can/bit_rate.h"
#include "drivers/socketcan/can_filters.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

std::string kernel_release() {
    utsname system{};
    ::uname(&system);
    return std::string("Linux ") + system.release;
}

/// The kernel driver and the serial number of what stands behind a network interface; a USB device
/// has its number one folder up.
std::pair<std::string, std::string> hardware_of(const std::string& interface) {
    std::error_code none;
    const auto device = std::filesystem::canonical("/sys/class/net/" + interface + "/device", none);
    if (none) return {};
    std::string serial;
    std::getline(std::ifstream(device.parent_path() / "serial"), serial);
    return {std::filesystem::read_symlink(device / "driver", none).filename().string(), serial};
}

class SocketCanAdapter final : public CanAdapter {
  public:
    SocketCanAdapter(SocketCanOptions options, const std::vector<SocketCanSetup>& setups,
                     std::vector<CanPort> ports, Scheduler& scheduler)
        : options_(std::move(options)) {
        for (std::size_t i = 0; i < setups.size(); ++i) {
            buses_.push_back(std::make_unique<SocketCanBus>(setups[i], std::move(ports[i]),
                                                            scheduler, listener_));
        }
    }

    [[nodiscard]] const std::string& name() const override { return options_.name; }
    [[nodiscard]] int channels() const override { return static_cast<int>(buses_.size()); }
    Identity identify() override;
    void make_safe() override {
        if (options_.holds) return;
        for (const auto& bus : buses_) bus->give_up();
    }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {
        for (const auto& bus : buses_) bus->restart();
    }

    void on_event(Listener listener) override { listener_ = std::move(listener); }
    void send(int channel, const CanFrame& frame) override { at(channel).send(frame); }
    void set_bit_rate(int channel, std::uint32_t bit_rate) override {
        SocketCanBus& bus = at(channel);
        check_can_bit_rate(name(), channel, bit_rate);
        bus.set_bit_rate(bit_rate);
    }
    [[nodiscard]] std::uint32_t bit_rate(int channel) const override {
        return at(channel).bit_rate();
    }
    void set_listen_only(int channel, bool listens) override {
        at(channel).set_listen_only(listens);
    }
    [[nodiscard]] CanSettings settings(int channel) const override {
        return at(channel).settings();
    }
    [[nodiscard]] CanState state(int channel) const override { return at(channel).state(); }
    void recover(int channel) override { at(channel).recover(); }
    void set_fault(int channel, CanFault fault) override {
        const SocketCanBus& bus = at(channel);
        if (fault == CanFault::none) return;  // there is none
        throw BenchCannot("can_faults", "instrument \"" + name() + "\", channel " +
                                            std::to_string(channel) + " (" + bus.interface() +
                                            "): an adapter cannot break its bus (" +
                                            std::string(to_string(fault)) + " was asked for)");
    }
    [[nodiscard]] CanBusCounts counts(int channel) const override { return at(channel).counts(); }

  private:
    [[nodiscard]] SocketCanBus& at(int channel) const {
        check_channel(name(), channel, channels());
        return *buses_[static_cast<std::size_t>(channel) - 1];
    }

    SocketCanOptions options_;
    Listener listener_;
    std::vector<std::unique_ptr<SocketCanBus>> buses_;
};

Identity SocketCanAdapter::identify() {
    const SocketCanBus& first = *buses_.front();
    auto [driver, serial] = hardware_of(first.interface());
    if (driver.empty()) driver = first.link().kind;
    if (serial.empty()) serial = first.interface();
    if (!options_.serial_number.empty() && serial != options_.serial_number) {
        throw InstrumentError(
            "instrument \"" + name() + "\" (" + first.interface() + "): its serial number is \"" +
            serial + "\", expected \"" + options_.serial_number +
            "\"; another adapter is plugged in, or the bench file names the wrong "
            "interface");
    }
    return {"SocketCAN", driver, serial, kernel_release(), options_.calibrated};
}

bool take_choice(InstrumentSpec& spec, const std::string& key, const std::string& otherwise,
                 const std::string& other) {
    const std::string word = spec.word(key, otherwise);
    if (word == otherwise || word == other) return word == other;
    throw InputError(spec.file, spec.line,
                     "instrument \"" + spec.name + "\": " + key + " is \"" + word +
                         "\"; expected " + otherwise + " or " + other);
}

std::vector<SocketCanSetup> take_setups(InstrumentSpec& spec) {
    SocketCanSetup common;
    common.instrument = spec.name;
    std::istringstream interfaces(spec.word("interfaces", ""));
    common.bit_rate = take_can_bit_rate(spec, 0, "that of the interface");
    common.may_configure = take_choice(spec, "set_bit_rate", "no", "yes");
    const auto refuse = [&spec](const std::string& text) {
        throw InputError(spec.file, spec.line, "instrument \"" + spec.name + "\": " + text);
    };
    try {
        common.filters = parse_can_filters(spec.word("filters", ""));
    } catch (const InputError& problem) {
        refuse(problem.what());
    }
    if (common.may_configure && common.bit_rate == 0) {
        refuse(
            "with \"set_bit_rate: yes\" the rig sets the interface, but bit_rate does not say to "
            "what; expected such as \"bit_rate: 250000\"");
    }
    std::vector<SocketCanSetup> setups;
    for (std::string interface; interfaces >> interface;) {
        setups.push_back(common);
        setups.back().channel = static_cast<int>(setups.size());
        setups.back().interface = interface;
    }
    if (setups.empty()) {
        refuse(
            "it does not say its network interfaces; expected such as \"interfaces: can0\", as "
            "\"ip link\" lists them");
    }
    return setups;
}

}  // namespace

std::unique_ptr<Instrument> make_socketcan_adapter(const SocketCanOptions& options,
                                                   const std::vector<SocketCanSetup>& setups,
                                                   std::vector<CanPort> ports,
                                                   Scheduler& scheduler) {
    return std::make_unique<SocketCanAdapter>(options, setups, std::move(ports), scheduler);
}

std::unique_ptr<Instrument> make_socketcan_adapter(InstrumentSpec& spec,
                                                   const DriverContext& context) {
    Reactor& reactor = require_reactor(spec, context);
    const std::vector<SocketCanSetup> setups = take_setups(spec);
    const SocketCanOptions options{.name = spec.name,
                                   .serial_number = spec.word("serial_number", ""),
                                   .calibrated = spec.date("calibrated"),
                                   .holds = take_choice(spec, "safe", "off", "hold")};
    std::vector<CanPort> ports;
    ports.reserve(setups.size());
    for (const SocketCanSetup& setup : setups) {
        ports.push_back(
            {[&reactor, setup] { return open_can_socket(reactor, setup.interface, setup.filters); },
             make_can_link(setup.interface)});
    }
    return make_socketcan_adapter(options, setups, std::move(ports), context.scheduler);
}

}  // namespace bmsrig
