// The driver of a UUT host: a BMS process that runs where its laboratory's instruments are served.
#pragma once

#include <memory>

#include "drivers/registry.h"
#include "rig/config/bench.h"

namespace bmsrig {

/// Makes a UutHost, the client of drivers/instrument_server/uut_server.h.
///
/// | option        | default | range      | meaning |
/// |---------------|---------|------------|---|
/// | address       |         |            | "tcp 127.0.0.1:40113" |
/// | start_timeout | 15 s    | 0 .. 600 s | longest time until a started UUT runs |
/// | answer_timeout | 2 s    | 0 .. 600 s | longest time until any other answer |
///
/// A UUT that ends by itself is a LinkError at the call that lets time run.
std::unique_ptr<Instrument> make_hosted_uut(InstrumentSpec& spec, const DriverContext& context);

}  // namespace bmsrig
