// A temperature simulator's commands.
#pragma once

#include <vector>

#include "drivers/instrument_server/command_set.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig::scpi_server {

class TemperatureCommands final : public CommandSet {
  public:
    explicit TemperatureCommands(TemperatureSimulator& sensors);
    void add_to(Device& device) override;
    void reset() override;

  private:
    struct Sensor {
        double set_point = 0;
        SensorFault fault = SensorFault::none;
    };
    TemperatureSimulator& sensors_;
    std::vector<Sensor> state_;
};

}  // namespace bmsrig::scpi_server
