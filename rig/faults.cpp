#include "rig/faults.h"

#include <algorithm>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::string_view swapped = "swapped";

std::string list_of(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
    return list.empty() ? "none" : list;
}

}  // namespace

void Faults::check_allowed(const InputNet& net, std::string_view fault) const {
    if (std::ranges::find(net.faults, fault) == net.faults.end()) {
        throw InputError(net.port + ": the fault " + in_quotes(fault) +
                         " was asked for, but the wiring (" + wiring_->file() + ":" +
                         std::to_string(net.line) + ") allows: " + list_of(net.faults) +
                         "; refused, nothing was changed");
    }
    const std::string_view present = at(net.port);
    if (present.empty() || present == fault) return;
    const std::string* partner = partner_of(net.port);
    throw InputError(net.port + ": the fault " + in_quotes(fault) + " conflicts with " +
                     in_quotes(present) + (partner == nullptr ? "" : " (with " + *partner + ")") +
                     ", which is in force there already; clear that first. Nothing was changed");
}

void Faults::inject(const InputNet& net, std::string_view fault) {
    check_allowed(net, fault);
    active_[net.port] = fault;
}

bool Faults::swap(const InputNet& net, const InputNet& other) {
    const auto partner = partners_.find(net.port);
    if (partner != partners_.end() && partner->second == other.port) {
        for (const std::string& port : {net.port, other.port}) {
            partners_.erase(port);
            active_.erase(port);
        }
        return false;
    }
    if (net.port == other.port) {
        throw InputError(net.port + " cannot be swapped with itself; expected two cells");
    }
    for (const auto* each : {&net, &other}) {
        check_allowed(*each, swapped);
        if (at(each->port) == swapped) {
            throw InputError(each->port + " is swapped with " + partners_.at(each->port) +
                             " already, which conflicts with another swap; put those back first. "
                             "Nothing was changed");
        }
    }
    partners_[net.port] = other.port;
    partners_[other.port] = net.port;
    active_[net.port] = active_[other.port] = swapped;
    return true;
}

void Faults::clear(const std::string& port) {
    if (at(port) == swapped) {
        throw InputError(port + " is swapped with " + partners_.at(port) +
                         "; swap the same two again to put them back");
    }
    active_.erase(port);
}

std::string_view Faults::at(const std::string& port) const {
    const auto found = active_.find(port);
    return found == active_.end() ? std::string_view{} : found->second;
}

const std::string* Faults::partner_of(const std::string& port) const {
    const auto found = partners_.find(port);
    return found == partners_.end() ? nullptr : &found->second;
}

}  // namespace bmsrig
