#include "drivers/instrument_server/relay_commands.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace bmsrig::scpi_server {

namespace {

constexpr int relays_of_a_kind = 100;
constexpr std::array kinds{CellFault::none, CellFault::open, CellFault::shorted,
                           CellFault::reversed};

}  // namespace

std::vector<int> RelayCommands::take_relays(Call& call) const {
    auto relays = call.any_list();
    call.finish();
    for (const int relay : relays) check(relay);
    return relays;
}

void RelayCommands::switch_to(const std::set<int>& closed) {
    apply(closed);
    closed_ = closed;
}

void RelayCommands::add_to(Device& device) {
    device.add("ROUTe:CLOSe", [this](Call& call) {
        const auto relays = take_relays(call);
        auto closed = closed_;
        closed.insert(relays.begin(), relays.end());
        switch_to(closed);
    });
    device.add("ROUTe:OPEN", [this](Call& call) {
        const auto relays = take_relays(call);
        auto closed = closed_;
        for (const int relay : relays) closed.erase(relay);
        switch_to(closed);
    });
    device.add("ROUTe:OPEN:ALL", [this](Call& call) {
        call.finish();
        switch_to({});
    });
    device.add("ROUTe:CLOSe?", [this](Call& call) {
        std::vector<double> states;
        for (const int relay : take_relays(call)) states.push_back(closed_.contains(relay) ? 1 : 0);
        call.answer(states);
    });
}

void ContactCommands::check(int relay) const {
    if (relay < 1 || relay > contacts_.channels()) {
        throw Failure(code::out_of_range, "there is no relay " + std::to_string(relay));
    }
}

void ContactCommands::apply(const std::set<int>& closed) {
    for (int channel = 1; channel <= contacts_.channels(); ++channel) {
        const bool is_closed = closed.contains(channel);
        if (contacts_.is_closed(channel) != is_closed) contacts_.set(channel, is_closed);
    }
}

void MatrixCommands::check(int relay) const {
    const int kind = relay / relays_of_a_kind;
    const int cell = relay % relays_of_a_kind;
    if (kind < 1 || std::cmp_greater_equal(kind, kinds.size()) || cell < 1 ||
        cell > cells_.channels()) {
        throw Failure(code::out_of_range, "there is no relay " + std::to_string(relay));
    }
}

void MatrixCommands::apply(const std::set<int>& closed) {
    std::map<int, int> by_cell;
    for (const int relay : closed) {
        const auto [other, is_first] = by_cell.emplace(relay % relays_of_a_kind, relay);
        if (is_first) continue;
        throw Failure(code::settings_conflict, "relays " + std::to_string(other->second) + " and " +
                                                   std::to_string(relay) + " at the same cell");
    }
    for (int cell = 1; cell <= cells_.channels(); ++cell) {
        const auto relay = by_cell.find(cell);
        const int kind = relay == by_cell.end() ? 0 : relay->second / relays_of_a_kind;
        cells_.set_fault(cell, kinds.at(static_cast<std::size_t>(kind)));
    }
}

}  // namespace bmsrig::scpi_server
