// The commands of what puts out a voltage: power supplies and shunt injectors.
#pragma once

#include <vector>

#include "drivers/instrument_server/command_set.h"
#include "drivers/virtual_common/quantiser.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig::scpi_server {

class SourceCommands final : public CommandSet {
  public:
    /// `ranges` are the ends of a precision source's ranges in V, in rising order; none: it has
    /// just one, and no command for it.
    SourceCommands(VoltageSource& source, std::vector<double> ranges);
    void add_to(Device& device) override;
    void reset() override;

  private:
    struct Output {
        double set_point = 0;
        double range = 0;
        bool on = false;
    };
    void add_range(Device& device);
    void set(int channel, double voltage);

    VoltageSource& source_;
    Quantiser grid_;  ///< of the set-points
    std::vector<double> ranges_;
    std::vector<Output> outputs_;
};

}  // namespace bmsrig::scpi_server
