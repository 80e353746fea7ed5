#include "drivers/can/catalogue.h"

#include <string>

#include "rig/error.h"

namespace bmsrig {

// Generated from dbc/.
const CanDatabase& rec_database();
const CanDatabase& victron_database();

const std::vector<const CanDatabase*>& can_databases() {
    static const std::vector<const CanDatabase*> all{&rec_database(), &victron_database()};
    return all;
}

const CanDatabase& can_database(std::string_view name) {
    std::string known;
    for (const CanDatabase* database : can_databases()) {
        if (database->name() == name) return *database;
        known += (known.empty() ? "" : ", ") + database->name();
    }
    throw InputError("there is no CAN database " + std::string(name) + "; there are " + known);
}

}  // namespace bmsrig
