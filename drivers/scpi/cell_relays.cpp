#include "drivers/scpi/cell_relays.h"

#include <algorithm>

#include "drivers/scpi/options.h"
#include "rig/error.h"

namespace bmsrig::scpi {

namespace {

std::vector<int> take_relays(InstrumentSpec& spec, std::string_view key, int count,
                             const std::vector<int>& usual) {
    const auto wanted = static_cast<std::size_t>(std::max(count, 0));
    const DriverOption* option = find_option(spec, key);
    if (option != nullptr && option->text == "none") return std::vector<int>(wanted, 0);
    return take_channels(spec, key, wanted, usual);
}

int relay(const std::vector<int>& relays, int number) {
    const auto index = static_cast<std::size_t>(number) - 1;
    return index < relays.size() ? relays[index] : 0;
}

std::vector<int> among(const std::vector<int>& relays, const std::set<int>& which,
                       const std::set<int>& but_not) {
    std::vector<int> found;
    std::ranges::copy_if(relays, std::back_inserter(found), [&](int each) {
        return each != 0 && which.contains(each) && !but_not.contains(each);
    });
    return found;
}

}  // namespace

CellRelays CellRelays::take(InstrumentSpec& spec, int cells) {
    // As the generic dialect numbers them.
    constexpr int first_open = 101;
    constexpr int first_short = 201;
    constexpr int first_reverse = 301;
    CellRelays relays;
    relays.open =
        take_relays(spec, "open_relays", cells, counted(first_open, first_open + cells - 1));
    relays.shorted =
        take_relays(spec, "short_relays", cells, counted(first_short, first_short + cells - 1));
    relays.reverse = take_relays(spec, "reverse_relays", cells,
                                 counted(first_reverse, first_reverse + cells - 1));
    relays.exchange = take_relays(spec, "exchange_relays", cells - 1,
                                  std::vector<int>(static_cast<std::size_t>(cells) - 1, 0));
    std::set<int> seen;
    for (const auto* list : {&relays.open, &relays.shorted, &relays.reverse, &relays.exchange}) {
        for (const int each : *list) {
            if (each == 0 || seen.insert(each).second) continue;
            throw InputError(spec.file, spec.line,
                             "instrument \"" + spec.name + "\": relay " + std::to_string(each) +
                                 " has two tasks; expected each relay in one of open_relays, "
                                 "short_relays, reverse_relays and exchange_relays");
        }
    }
    return relays;
}

std::set<int> CellRelays::energised(const std::map<int, CellFault>& faults,
                                    const std::set<int>& exchanged) const {
    std::set<int> energised;
    const auto need = [&](const std::vector<int>& relays, int number, const std::string& what) {
        const int found = relay(relays, number);
        if (found == 0) {
            throw BenchCannot("cell_faults", "it has no relay that makes cell " +
                                                 std::to_string(number) + " " + what);
        }
        energised.insert(found);
    };
    for (const auto& [cell, fault] : faults) {
        if (fault == CellFault::none) continue;
        if (fault == CellFault::reversed) {
            need(reverse, cell, "reversed");
            continue;
        }
        need(open, cell, "open");
        if (fault == CellFault::shorted) need(shorted, cell, "shorted");
    }
    for (const int cell : exchanged) need(exchange, cell, "stand where the next one belongs");
    return energised;
}

std::optional<std::string> CellRelays::danger(const std::set<int>& energised) const {
    const auto on = [&](const std::vector<int>& relays, int cell) {
        return energised.contains(relay(relays, cell)) && relay(relays, cell) != 0;
    };
    const int cells = static_cast<int>(open.size());
    for (int cell = 1; cell <= cells; ++cell) {
        const std::string name = "cell " + std::to_string(cell);
        if (on(shorted, cell) && !on(open, cell)) {
            return "the source of " + name + " would be shorted: relay " +
                   std::to_string(relay(shorted, cell)) + " without relay " +
                   std::to_string(relay(open, cell)) + ", which parts it";
        }
        if (!on(exchange, cell)) continue;
        const std::string next = "cell " + std::to_string(cell + 1);
        if (on(exchange, cell + 1)) {
            return next + " would be joined to two sources: relays " +
                   std::to_string(relay(exchange, cell)) + " and " +
                   std::to_string(relay(exchange, cell + 1));
        }
        for (const int each : {cell, cell + 1}) {
            if (!on(shorted, each) && !on(reverse, each)) continue;
            return "cell " + std::to_string(each) + ", exchanged with its neighbour, would be " +
                   (on(shorted, each) ? "shorted: its source is no longer the one that is parted"
                                      : "reversed across the neighbour's wires");
        }
    }
    return std::nullopt;
}

std::vector<CellRelays::Move> CellRelays::moves(const std::set<int>& from,
                                                const std::set<int>& to) const {
    // Shorts go first and come last, so that they find their sources parted at any time.
    std::vector<Move> all{{false, among(shorted, from, to)}, {true, among(open, to, from)},
                          {false, among(reverse, from, to)}, {false, among(exchange, from, to)},
                          {true, among(exchange, to, from)}, {true, among(reverse, to, from)},
                          {true, among(shorted, to, from)},  {false, among(open, from, to)}};
    std::erase_if(all, [](const Move& move) { return move.relays.empty(); });
    return all;
}

}  // namespace bmsrig::scpi
