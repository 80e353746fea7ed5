// A meter's commands.
#pragma once

#include "drivers/instrument_server/command_set.h"
#include "rig/instruments/meter.h"

namespace bmsrig::scpi_server {

class MeterCommands final : public CommandSet {
  public:
    explicit MeterCommands(Meter& meter) : meter_(meter) {}
    void add_to(Device& device) override {
        add_channel_query(device, "READ#?", meter_.channels(),
                          [this](int channel) { return number_text(meter_.read(channel)); });
    }
    void reset() override {}  // it puts nothing out

  private:
    Meter& meter_;
};

}  // namespace bmsrig::scpi_server
