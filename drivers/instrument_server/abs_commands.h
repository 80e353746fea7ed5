// A Bloomy Advanced Battery Simulator: 8 cells, 5 V, 5 A either way, faults, alarms.
//
// From the maker's own driver (github.com/BloomyControls/abs-scpi-driver, src/ScpiClient_*.cpp).
// Left out, as nothing of a virtual bench stands behind them: auxiliary inputs and outputs, the
// settings of its network, and its cell models.
#pragma once

#include <cstdint>
#include <vector>

#include "drivers/instrument_server/cell_commands.h"

namespace bmsrig::scpi_server {

inline constexpr int abs_cells = 8;

class AbsCommands final : public CellCommands {
  public:
    /// Its cells are those of `cells` from `first` on, 8 or as many as there are left. `device_id`
    /// is that on the RS-485 bus.
    AbsCommands(CellSimulator& cells, int first, int device_id, double source_limit,
                double sink_limit);
    void add_to(Device& device) override;
    /// The real one reboots, and is as after power-on.
    void reset() override;

  private:
    void add_alarms(Device& device);
    void add_ranges(Device& device);
    [[nodiscard]] bool is_limited(int number) const;

    int device_id_;
    std::uint32_t alarms_ = 0;
    bool filters_ = false;
    std::vector<std::size_t> ranges_;
};

}  // namespace bmsrig::scpi_server
