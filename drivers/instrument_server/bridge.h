// A bridge: puts a virtual instrument onto a real wire, so that the real driver is what talks to
// it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/config/bench.h"
#include "rig/instruments/instrument.h"
#include "rig/reactor.h"
#include "rig/scheduler.h"

namespace bmsrig {

/// How the rig's bench file names what a bridge serves.
struct ServedAs {
    std::string driver;   ///< of the real instrument: "bloomy_abs", "socketcan_adapter", ...
    std::string address;  ///< for people: "tcp 127.0.0.1:40113", "/dev/pts/4", "vcan0"
    /// Of that driver, as the bench file says them, with units.
    std::vector<std::pair<std::string, std::string>> options;
    /// What the real instrument has no means for (BenchCannot): "can_faults", "serial_faults", ...
    std::vector<std::string> cannot{};
};

/// What a bridge is given to live on. All of it outlives the bridge.
struct BridgeContext {
    Reactor& reactor;      ///< its sockets and descriptors; handlers run on the laboratory's thread
    Scheduler& scheduler;  ///< of the virtual instruments, on the reactor's time line
    const InstrumentSpec& instrument;  ///< the virtual instrument's own part of the bench file
    std::function<void(std::string_view line)> log;  ///< one line of what came and went
    /// The other instruments of the bench by their names, for what acts on one of them (a fault
    /// matrix).
    const std::map<std::string, Instrument*>& bench;
    /// Brings the virtual instruments up to the present moment; to be called first in every handler
    /// that then reads or changes one. What a handler changed acts at once: the BMS process runs
    /// when the handler has returned.
    std::function<void()> catch_up;
    std::string today;  ///< ISO 8601, when serving began: what needs a date has this one
};

/// Stands where the rig would stand: it uses the face that the rig sees (CanAdapter, LineBank, ...)
/// of a virtual instrument, never its terminals. Those are the wiring's.
class Bridge {
  public:
    virtual ~Bridge() = default;
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    [[nodiscard]] virtual ServedAs served_as() const = 0;
    /// After every step of the laboratory's time: hands over what changed at the instrument, such
    /// as the edges that a line bank has taken. What an instrument reports through a listener needs
    /// none.
    virtual void pass() {}

  protected:
    Bridge() = default;
};

/// `serve` is this instrument's part of `serve:`; its `driver` is what `as:` says. The bridge takes
/// its options one by one; whoever calls ends with finish(). Throws InputError with file and line,
/// also if the instrument is not of the kind that this bridge serves, and InstrumentError if the
/// wire cannot be opened.
using MakeBridge = std::unique_ptr<Bridge> (*)(InstrumentSpec& serve, Instrument& instrument,
                                               const BridgeContext& context);

/// One line of the list in bridges.cpp; each bridge's header declares its own function.
struct BridgeInfo {
    std::string driver;  ///< the real driver that talks to it
    std::string wire;    ///< in words
    MakeBridge make;
};
const std::vector<BridgeInfo>& bridge_registry();

}  // namespace bmsrig
