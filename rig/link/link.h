// The controller link: how the rig talks to a BMS process, whichever carrier it stands behind.
// Contract: README.md here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/time.h"

namespace bmsrig::link {

enum class PortDirection : unsigned char { input, output };
/// The kinds that a greeting knows: units of inputs and analogue outputs, and the kinds of digital
/// outputs.
enum class PortKind : unsigned char {
    volt,
    ampere,
    celsius,
    ohm,
    boolean,
    ratio,
    stage,
    contact,
    level
};
std::string_view to_string(PortKind kind);

struct Port {
    std::string name;
    PortDirection direction = PortDirection::input;
    PortKind kind = PortKind::volt;
    bool operator==(const Port&) const = default;
};

struct Bus {
    std::string name;
    bool is_can = true;  ///< otherwise serial
    std::uint32_t bit_rate = 0;
    bool operator==(const Bus&) const = default;
};

/// What a BMS process says of itself.
struct Greeting {
    std::string product;
    std::string firmware;
    std::vector<Port> ports;  ///< in the order of the greeting
    std::vector<Bus> buses;
    bool operator==(const Greeting&) const = default;
};

/// A port (by its index in Greeting::ports) has a new value. Values of stage, contact, level and
/// boolean ports are the codes of rig/trace.h (stage: 0 low, 1 high, 2 float; contact: 0 open, 1
/// closed).
struct PortValue {
    std::uint32_t port = 0;
    double value = 0;
};

/// Bytes on a bus, in the notation of the contract, without the bus name ("1F3#00FF", "0A0B").
struct Payload {
    std::uint32_t bus = 0;  ///< index in Greeting::buses
    std::string text;
};

struct Answer {
    std::optional<Instant> next;     ///< when the process wants to be called again at the latest
    std::vector<PortValue> outputs;  ///< in the order in which they changed
    std::vector<Payload> payloads;
    void clear() {
        next.reset();
        outputs.clear();
        payloads.clear();
    }
};

/// How to start a BMS process.
struct Command {
    /// The program and its arguments, as a shell would split them; a first word that ends in ".so"
    /// is loaded into this process instead.
    std::string line;
    /// Appended as `--set name=value`, in this order.
    std::vector<std::pair<std::string, std::string>> settings;
    Duration greeting_timeout = std::chrono::seconds{5};
    Duration answer_timeout = std::chrono::seconds{5};
    Duration stop_timeout = std::chrono::seconds{2};
    /// The process and the calling thread share a processor for as long as it runs: right where
    /// they take turns, as in virtual time.
    bool shares_processor = false;
};

/// One line of the conversation: '>' from the rig, '<' from the process, '!' from its log (standard
/// error).
using TranscriptSink = std::function<void(char who, std::string_view line)>;

/// Sees every line of the process's log.
using LogSink = std::function<void(std::string_view line)>;

/// Counts for the metrics.
struct LinkCounts {
    std::uint64_t exchanges = 0;
    std::uint64_t log_lines = 0;
};

/// A running BMS process. Every breach of the contract throws LinkError, after which the process is
/// gone: terminated, then killed, and reaped. The destructor does the same, so no process outlives
/// its Link.
class Link {
  public:
    /// Starts the process and reads its greeting. The sinks (may be empty) see every line from the
    /// first on; without a transcript a shared object's lines are not even written.
    static std::unique_ptr<Link> start(const Command& command, TranscriptSink sink = {},
                                       LogSink log = {});

    virtual ~Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] virtual const Greeting& greeting() const = 0;

    /// One lock-step exchange: it is `now`, these inputs changed, these payloads have been
    /// received. Fills `answer`. The first exchange is at zero with every input. Checks all that
    /// the contract demands of both sides, the limit of 16 calls at one time included.
    virtual void exchange(Instant now, std::span<const PortValue> inputs,
                          std::span<const Payload> payloads, Answer& answer) = 0;

    /// Ends the process as the contract says. Harmless if it has ended already.
    virtual void stop() = 0;

    /// The last lines of the process's log, newest last.
    [[nodiscard]] virtual std::string log_tail() const = 0;
    [[nodiscard]] virtual LinkCounts counts() const = 0;

  protected:
    Link() = default;
};

}  // namespace bmsrig::link
