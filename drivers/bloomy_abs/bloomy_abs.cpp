#include "drivers/bloomy_abs/bloomy_abs.h"

#include "drivers/bloomy_abs/alarms.h"
#include "drivers/scpi/scpi_cell_simulator.h"

namespace bmsrig {

std::unique_ptr<Instrument> make_bloomy_abs(InstrumentSpec& spec, const DriverContext& context) {
    constexpr int cells_of_a_unit = 8;
    scpi::CoreDefaults defaults;
    defaults.profile = "bloomy_abs";
    defaults.channels = cells_of_a_unit;
    defaults.channels_per_unit = cells_of_a_unit;
    return scpi::make_cell_simulator(spec, context, defaults,
                                     {"SYST:ALARM?", bloomy_abs::alarms_in});
}

}  // namespace bmsrig
