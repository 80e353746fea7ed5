#include "rig/ability.h"

#include "rig/names.h"

namespace bmsrig {

const std::vector<Ability>& known_abilities() {
    static const std::vector<Ability> abilities{
        {"can_bit_rate", "change the bit rate of a CAN bus"},
        {"can_faults", "break, short or disturb the wires of a CAN bus"},
        {"can_listen_only", "listen to a CAN bus without acknowledging"},
        {"cell_currents", "read the current of a cell"},
        {"cell_faults", "open, short, reverse or swap cells"},
        {"contact_faults", "make a contact bounce"},
        {"current_limits", "limit the current of a cell"},
        {"line_bias", "join pull resistors to a line"},
        {"noise", "put noise on a source"},
        {"sensor_faults", "take a temperature sensor away or let it stick"},
        {"serial_bit_rate", "change the bit rate of a serial bus"},
        {"serial_faults", "flip bits and lose bytes on a serial bus"},
        {"supply_faults", "interrupt or dip the supply"},
        {"uut_files", "look at the files of the unit under test"},
        {"uut_log", "read what the unit under test logs"},
        {"uut_settings", "start the unit under test with other settings"},
    };
    return abilities;
}

std::vector<std::string> ability_names() {
    return names_of(known_abilities(), &Ability::name);
}

}  // namespace bmsrig
