#include "drivers/socketcan/can_problem.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace bmsrig {

namespace {

/// The CAN interfaces that there are; a network interface says what it is by its type.
std::string can_interfaces() {
    constexpr int type_of_can = 280;  // ARPHRD_CAN
    std::string found;
    std::error_code none;
    for (const auto& each : std::filesystem::directory_iterator("/sys/class/net", none)) {
        int type = 0;
        std::ifstream(each.path() / "type") >> type;
        if (type == type_of_can)
            found += (found.empty() ? "" : ", ") + each.path().filename().string();
    }
    return found.empty() ? "this computer has no CAN interface at all"
                         : "this computer has " + found;
}

}  // namespace

std::string command_to_bring_up(const std::string& interface, const std::string& kind,
                                std::uint32_t bit_rate) {
    if (kind == "vcan") return "sudo ip link set " + interface + " up";
    const std::string rate = bit_rate != 0 ? std::to_string(bit_rate) : "250000";
    return "sudo ip link set " + interface + " up type can bitrate " + rate;
}

std::string can_problem(const std::string& interface, std::uint32_t bit_rate,
                        const std::error_code& problem) {
    switch (problem.value()) {
        case ENODEV:
        case ENXIO:
            return "there is no CAN interface \"" + interface + "\", " + can_interfaces() +
                   "; plug the adapter in, or name another one in the bench file";
        case ENETDOWN:
            return "the CAN interface " + interface + " is down; bring it up with \"" +
                   command_to_bring_up(interface, "can", bit_rate) +
                   "\" (without \"type\" and what "
                   "follows it if it is a vcan)";
        case EPERM:
        case EACCES:
            return "no permission to set the CAN interface " + interface +
                   "; run as root, or give the program the right with \"sudo setcap "
                   "cap_net_admin+ep\"";
        case EAFNOSUPPORT:
        case EPROTONOSUPPORT:
            return "this computer's kernel has no CAN sockets; load them with \"sudo modprobe "
                   "can-raw\"";
        case EOPNOTSUPP:
            return "the CAN interface " + interface + " cannot do this";
        default:
            return "the CAN interface " + interface + " failed: " + problem.message();
    }
}

}  // namespace bmsrig
