// Where the rig tells what it does, as it happens. The record implements it.
#pragma once

#include <string_view>

#include "rig/instruments/can_adapter.h"
#include "rig/measurement.h"
#include "rig/time.h"

namespace bmsrig {

class Journal {
  public:
    virtual ~Journal() = default;
    virtual void add_measurement(const Measurement& measurement) = 0;
    /// A line of somebody's log: "uut", "rig", or an instrument's name.
    virtual void add_log(Instant time, std::string_view source, std::string_view text) = 0;
    /// Something that stood on a CAN bus of the wiring; of each bus in the order of time.
    virtual void add_can_event(std::string_view bus, const CanEvent& event) = 0;
    /// A line of the link's transcript; session counts the UUT's starts within the test from 1.
    virtual void add_transcript(int session, char who, std::string_view line) = 0;
};

}  // namespace bmsrig
