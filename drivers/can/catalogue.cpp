#include "drivers/can/catalogue.h"

#include <string>

#include "rig/error.h"

namespace bmsrig {

const CanDatabase& can_database(std::string_view name) {
    std::string known;
    for (const CanDatabase* database : can_databases()) {
        if (database->name() == name) return *database;
        known += (known.empty() ? "" : ", ") + database->name();
    }
    throw InputError("there is no CAN database " + std::string(name) + "; there are " + known);
}

}  // namespace bmsrig
