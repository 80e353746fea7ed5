// The faults that are in force between the bench and the UUT, and which of them may stand together.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "rig/wiring.h"

namespace bmsrig {

/// What is injected at each input, in the words of wiring.yaml: open, short, reversed, swapped,
/// noise, absent, stuck. It only keeps the books; the instruments do it.
class Faults {
  public:
    explicit Faults(const Wiring& wiring) : wiring_(&wiring) {}

    /// Throws InputError if the wiring does not allow this fault at the net or another one that is
    /// in force contradicts it; the text names both.
    void check_allowed(const InputNet& net, std::string_view fault) const;
    /// Throws like check_allowed, and then notes nothing.
    void inject(const InputNet& net, std::string_view fault);
    /// Throws InputError if cell `net` and cell `other` cannot be exchanged as things are. The same
    /// two again puts them back: returns whether they are exchanged now.
    bool swap(const InputNet& net, const InputNet& other);
    void clear(const std::string& port);
    /// The fault at a port; empty: none.
    [[nodiscard]] std::string_view at(const std::string& port) const;
    /// The port of the cell with which the one at this port is swapped, or nullptr.
    [[nodiscard]] const std::string* partner_of(const std::string& port) const;

  private:
    const Wiring* wiring_;
    std::map<std::string, std::string> active_;    // port -> fault
    std::map<std::string, std::string> partners_;  // port of a swapped cell -> the other's
};

}  // namespace bmsrig
