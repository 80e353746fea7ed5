#include "drivers/scpi/scpi_fault_matrix.h"

#include <algorithm>
#include <utility>

#include "drivers/scpi/cell_fault_matrix.h"
#include "drivers/scpi/cell_relays.h"
#include "drivers/scpi/scpi_instrument.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

using namespace scpi;

class ScpiFaultMatrix final : public ScpiInstrument<CellFaultMatrix> {
  public:
    ScpiFaultMatrix(InstrumentSpec& spec, const DriverContext& context,
                    const CoreDefaults& defaults)
        : ScpiInstrument(spec, context, defaults), relays_(CellRelays::take(spec, channels())) {
        const CommandTemplate::Rules change{
            CommandTemplate::Kind::command, {Hole::channel, Hole::channels}, {}, true};
        close_ = CommandTemplate::take(spec, "close", change);
        open_ = CommandTemplate::take(spec, "open", change);
    }

    void set_fault(int cell, CellFault fault) override {
        core_.check(cell);
        auto faults = faults_;
        faults[cell] = fault;
        move(std::move(faults), exchanged_);
    }
    void exchange(int cell, int other) override {
        core_.check(cell);
        core_.check(other);
        const int first = std::min(cell, other);
        if (std::max(cell, other) != first + 1) {
            throw BenchCannot("cell_faults",
                              "instrument \"" + name() + "\" cannot exchange cells " +
                                  std::to_string(cell) + " and " + std::to_string(other) +
                                  ": it has relays for neighbours alone");
        }
        auto exchanged = exchanged_;
        if (!exchanged.erase(first)) exchanged.insert(first);
        move(faults_, std::move(exchanged));
    }

  protected:
    [[nodiscard]] std::vector<std::string> off(std::size_t /*unit*/) const override {
        // Whatever is energised: the way from all of them to none.
        std::set<int> all;
        for (const auto* list :
             {&relays_.open, &relays_.shorted, &relays_.reverse, &relays_.exchange}) {
            std::ranges::copy_if(*list, std::inserter(all, all.end()),
                                 [](int relay) { return relay != 0; });
        }
        return commands(all, {});
    }
    void forget() override {
        faults_.clear();
        exchanged_.clear();
        energised_.clear();
    }

  private:
    void move(std::map<int, CellFault> faults, std::set<int> exchanged) {
        std::set<int> wanted = relays_.energised(faults, exchanged);
        if (const auto danger = relays_.danger(wanted)) {
            throw RatingError("instrument \"" + name() + "\": " + *danger +
                              "; refused, no relay was moved");
        }
        core_.send(0, commands(energised_, wanted));
        core_.moved();
        faults_ = std::move(faults);
        exchanged_ = std::move(exchanged);
        energised_ = std::move(wanted);
    }
    [[nodiscard]] std::vector<std::string> commands(const std::set<int>& from,
                                                    const std::set<int>& to) const {
        std::vector<std::string> all;
        for (const CellRelays::Move& move : relays_.moves(from, to)) {
            const CommandTemplate& command = move.energise ? close_ : open_;
            if (command.has(Hole::channels)) {
                all.push_back(command.fill({.channels = move.relays}));
                continue;
            }
            for (const int relay : move.relays) all.push_back(command.fill({.channel = relay}));
        }
        return all;
    }

    CellRelays relays_;
    CommandTemplate close_;
    CommandTemplate open_;
    std::map<int, CellFault> faults_;
    std::set<int> exchanged_;  // the first of each pair
    std::set<int> energised_;
};

}  // namespace

std::unique_ptr<Instrument> make_scpi_fault_matrix(InstrumentSpec& spec,
                                                   const DriverContext& context) {
    CoreDefaults defaults;
    defaults.profile = "scpi_fault_matrix";
    defaults.channels = 8;
    defaults.settling_option = "operate_time";
    defaults.settling = std::chrono::milliseconds{20};
    return std::make_unique<ScpiFaultMatrix>(spec, context, defaults);
}

}  // namespace bmsrig
