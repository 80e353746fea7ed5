// The commands of relay cards: contacts of a line driver, or the relays of a fault matrix.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "drivers/instrument_server/command_set.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig::scpi_server {

/// ROUTe:CLOSe, ROUTe:OPEN and their query, for whatever the relays do.
class RelayCommands : public CommandSet {
  public:
    void add_to(Device& device) override;
    void reset() override { switch_to({}); }

  protected:
    /// Throws Failure -222 for a relay that there is not.
    virtual void check(int relay) const = 0;
    /// The relays that are closed from now on, all others open. Throws Failure, and changes
    /// nothing.
    virtual void apply(const std::set<int>& closed) = 0;

  private:
    void switch_to(const std::set<int>& closed);
    [[nodiscard]] std::vector<int> take_relays(Call& call) const;

    std::set<int> closed_;
};

/// A relay for each contact of a line driver.
class ContactCommands final : public RelayCommands {
  public:
    explicit ContactCommands(LineDriver& contacts) : contacts_(contacts) {}

  protected:
    void check(int relay) const override;
    void apply(const std::set<int>& closed) override;

  private:
    LineDriver& contacts_;
};

/// Relays between a cell simulator and the UUT's plug, for each cell n: 100 + n parts its source,
/// 200 + n joins its terminals on the UUT's side, 300 + n exchanges them. 200 + n is refused unless
/// 100 + n parts the source: it would be shorted.
class MatrixCommands final : public RelayCommands {
  public:
    explicit MatrixCommands(CellSimulator& cells) : cells_(cells) {}

  protected:
    void check(int relay) const override;
    void apply(const std::set<int>& closed) override;

  private:
    CellSimulator& cells_;
};

}  // namespace bmsrig::scpi_server
