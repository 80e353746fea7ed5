// The words that plans, traces and messages use for what instruments do.
#include "rig/instruments/can_adapter.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/temperature_simulator.h"

namespace bmsrig {

std::string_view to_string(CellFault fault) {
    switch (fault) {
        case CellFault::none:
            return "none";
        case CellFault::open:
            return "open";
        case CellFault::shorted:
            return "short";
        case CellFault::reversed:
            return "reversed";
    }
    return "?";
}

std::string_view to_string(SensorFault fault) {
    switch (fault) {
        case SensorFault::none:
            return "none";
        case SensorFault::absent:
            return "absent";
        case SensorFault::stuck:
            return "stuck";
    }
    return "?";
}

std::string_view to_string(LineLevel level) {
    switch (level) {
        case LineLevel::inactive:
            return "inactive";
        case LineLevel::active:
            return "active";
        case LineLevel::indeterminate:
            return "indeterminate";
    }
    return "?";
}

std::string_view to_string(Bias bias) {
    switch (bias) {
        case Bias::none:
            return "none";
        case Bias::down:
            return "down";
        case Bias::up:
            return "up";
    }
    return "?";
}

std::string_view to_string(CanError error) {
    switch (error) {
        case CanError::none:
            return "none";
        case CanError::coding:
            return "coding";
        case CanError::acknowledge:
            return "acknowledge";
        case CanError::bit:
            return "bit";
    }
    return "?";
}

std::string_view to_string(CanState state) {
    switch (state) {
        case CanState::error_active:
            return "error_active";
        case CanState::error_passive:
            return "error_passive";
        case CanState::bus_off:
            return "bus_off";
    }
    return "?";
}

std::string_view to_string(CanFault fault) {
    switch (fault) {
        case CanFault::none:
            return "none";
        case CanFault::short_circuit:
            return "short";
        case CanFault::open:
            return "open";
    }
    return "?";
}

}  // namespace bmsrig
