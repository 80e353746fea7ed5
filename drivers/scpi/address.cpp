#include "drivers/scpi/address.h"

#include <charconv>

#include "drivers/scpi/options.h"
#include "drivers/scpi/values.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig::scpi {

namespace {

constexpr std::string_view custom_port = "5025";
constexpr std::uint32_t fastest_port = 4'000'000;

[[noreturn]] void refuse(std::string_view text) {
    throw InputError(in_quotes(text) +
                     " is no address of an instrument; expected such as \"tcp 192.168.1.20:5025\" "
                     "or \"serial /dev/ttyUSB0 115200\"");
}

std::uint32_t number(std::string_view text, std::uint32_t most, std::string_view whole) {
    std::uint32_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < 1 || value > most) {
        refuse(whole);
    }
    return value;
}

Address tcp_address(std::string_view place, std::string_view whole) {
    constexpr std::uint32_t highest_port = 65535;
    Address address;
    // "[::1]:5025": an IPv6 address has colons of its own.
    const bool is_bracketed = place.starts_with('[');
    const auto end = is_bracketed ? place.find(']') : place.find(':');
    if (is_bracketed && end == std::string_view::npos) refuse(whole);
    address.host = place.substr(is_bracketed ? 1 : 0, is_bracketed ? end - 1 : end);
    const std::string_view rest =
        end == std::string_view::npos ? "" : place.substr(end + (is_bracketed ? 1 : 0));
    if (address.host.empty()) refuse(whole);
    if (!rest.empty() && rest.front() != ':') refuse(whole);
    const std::string_view port = rest.empty() ? custom_port : rest.substr(1);
    address.port = std::to_string(number(port, highest_port, whole));
    return address;
}

}  // namespace

std::string to_string(const Address& address) {
    if (address.kind == Address::Kind::serial) {
        return "serial " + address.path + " " + std::to_string(address.bit_rate);
    }
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    return "tcp " + (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + address.port;
}

Address parse_address(std::string_view text) {
    const auto words = split(text, ' ');
    if (words.size() == 2 && words[0] == "tcp") return tcp_address(words[1], text);
    if (words.size() == 3 && words[0] == "serial" && words[1].starts_with('/')) {
        Address address;
        address.kind = Address::Kind::serial;
        address.path = words[1];
        address.bit_rate = number(words[2], fastest_port, text);
        return address;
    }
    refuse(text);
}

std::vector<Address> take_addresses(InstrumentSpec& spec) {
    const DriverOption* several = find_option(spec, "addresses");
    const DriverOption* option = several != nullptr ? several : find_option(spec, "address");
    if (option == nullptr) {
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name +
                             "\": the option \"address\" is missing; expected such as \"tcp "
                             "192.168.1.20:5025\" or \"serial /dev/ttyUSB0 115200\"");
    }
    std::vector<Address> addresses;
    try {
        for (const std::string_view text : split(option->text, ',')) {
            addresses.push_back(parse_address(text));
        }
    } catch (const InputError& problem) {
        refuse_option(spec, *option, problem.what());
    }
    if (several == nullptr && addresses.size() != 1) {
        refuse_option(spec, *option, "expected one address; several go into \"addresses\"");
    }
    return addresses;
}

}  // namespace bmsrig::scpi
