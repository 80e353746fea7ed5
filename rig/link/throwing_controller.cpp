// A controller in C++ that lets exceptions out, which no controller may: for the tests of the link.
#include <memory>
#include <stdexcept>
#include <string_view>

#include "rig/link/bms_link.h"

namespace {

/// Where it throws if create() does not; the argument of --defect says so.
enum class Place : unsigned char { advance, advance_other, stop };

int create(int argc, char** argv, bms_console* console, void** state) {
    bms_argument argument{};
    int index = 1;
    if (bms_next_argument(argc, argv, &index, console, &argument) != BMS_ARGUMENT_DEFECT) return 2;
    const std::string_view name = argument.name;
    if (name == "create") throw std::runtime_error("thrown in create");
    *state = new Place(name == "advance" ? Place::advance
                       : name == "stop"  ? Place::stop
                                         : Place::advance_other);
    return 0;
}

void describe(void* /*state*/, bms_ports* ports) {
    bms_declare_product(ports, "bmsrig.throwing", "1");
}

int64_t advance(void* state, int64_t /*now_ns*/, bms_io* /*io*/) {
    if (*static_cast<Place*>(state) == Place::advance)
        throw std::runtime_error("thrown in advance");
    if (*static_cast<Place*>(state) == Place::advance_other) throw 7;
    return BMS_NEVER;
}

int stop(void* state) {
    const std::unique_ptr<Place> place(static_cast<Place*>(state));
    if (*place == Place::stop) throw std::runtime_error("thrown in stop");
    return 0;
}

const bms_controller throwing_controller = {create, describe, advance, stop};

}  // namespace

BMS_LINK_CONTROLLER(throwing_controller)
