// The lines of the link's contract: written, read and checked word by word. Throws Breach.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "rig/link/carrier.h"
#include "rig/link/link.h"

namespace bmsrig::link {

/// Takes the greeting line by line.
class GreetingReader {
  public:
    /// Returns true with `ready`. Throws Breach without `seen`.
    bool take(std::string_view line);
    [[nodiscard]] const Greeting& greeting() const { return greeting_; }

  private:
    void take_first(const std::vector<std::string_view>& words);
    void take_port(const std::vector<std::string_view>& words, PortDirection direction);
    void take_bus(const std::vector<std::string_view>& words);
    void take_name(std::string_view name);

    Greeting greeting_;
    bool begun_ = false;
    std::unordered_set<std::string> names_;
};

/// Whether a port of this kind can have this value.
bool has_value(PortKind kind, double value);
/// Whether this is a payload in the bus's notation.
bool is_payload(const Bus& bus, std::string_view text);

/// Writes and reads the lines of the lock step for one greeting, which must outlive it.
class LineCodec {
  public:
    explicit LineCodec(const Greeting& greeting);

    /// "at <t> ..." without its line feed, instead of what is in `line`.
    void write_call(std::string& line, const Call& call) const;
    /// "next <t'|-> ..." without its line feed, instead of what is in `line`.
    void write_answer(std::string& line, const Answer& answer) const;

    /// Reads "next ..." into an empty answer. Throws Breach without `seen`, for "error <text>" too.
    void read_answer(std::string_view line, Answer& answer);
    /// Reads "at ..." for a replay.
    Instant read_call(std::string_view line, std::vector<PortValue>& inputs,
                      std::vector<Payload>& payloads);

  private:
    void write_values(std::string& line, std::span<const PortValue> values,
                      std::span<const Payload> payloads) const;
    void read_words(std::string_view words, PortDirection direction, std::vector<PortValue>& values,
                    std::vector<Payload>& payloads);
    std::uint32_t find_port(std::string_view name, PortDirection direction);
    [[nodiscard]] std::uint32_t find_bus(std::string_view name) const;

    const Greeting& greeting_;
    std::unordered_map<std::string_view, std::uint32_t> ports_;
    std::uint32_t expected_ =
        0;  // where find_port looks first: names mostly come in the order of the greeting
};

}  // namespace bmsrig::link
