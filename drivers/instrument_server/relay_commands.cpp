#include "drivers/instrument_server/relay_commands.h"

namespace bmsrig::scpi_server {

namespace {

constexpr int opens = 100;
constexpr int shorts = 200;
constexpr int reverses = 300;

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
    device.add("[ROUTe]:CLOSe", [this](Call& call) {
        const auto relays = take_relays(call);
        auto closed = closed_;
        closed.insert(relays.begin(), relays.end());
        switch_to(closed);
    });
    device.add("[ROUTe]:OPEN", [this](Call& call) {
        const auto relays = take_relays(call);
        auto closed = closed_;
        for (const int relay : relays) closed.erase(relay);
        switch_to(closed);
    });
    device.add("[ROUTe]:OPEN:ALL", [this](Call& call) {
        call.finish();
        switch_to({});
    });
    device.add("[ROUTe]:CLOSe?", [this](Call& call) {
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
    for (const int kind : {opens, shorts, reverses}) {
        if (relay > kind && relay <= kind + cells_.channels()) return;
    }
    throw Failure(code::out_of_range, "there is no relay " + std::to_string(relay));
}

void MatrixCommands::apply(const std::set<int>& closed) {
    std::vector<CellFault> faults;
    for (int cell = 1; cell <= cells_.channels(); ++cell) {
        const bool is_parted = closed.contains(opens + cell);
        if (closed.contains(shorts + cell)) {
            if (!is_parted) {
                throw Failure(code::settings_conflict,
                              "relay " + std::to_string(shorts + cell) + " without relay " +
                                  std::to_string(opens + cell) + " would short the source");
            }
            faults.push_back(CellFault::shorted);
        } else if (is_parted) {
            faults.push_back(CellFault::open);
        } else {
            faults.push_back(closed.contains(reverses + cell) ? CellFault::reversed
                                                              : CellFault::none);
        }
    }
    for (int cell = 1; cell <= cells_.channels(); ++cell) {
        cells_.set_fault(cell, at_channel(faults, cell));
    }
}

}  // namespace bmsrig::scpi_server
