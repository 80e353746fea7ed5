// What can go wrong on our side of the bench. Each of these gives verdict ERROR, never FAIL.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace bmsrig {

/// Any problem of the rig, its files or its instruments: verdict ERROR.
/// The text says what, where (file, line, signal, time), what was expected, what was seen and what
/// to do.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A file or an argument that a person wrote is wrong. The text starts with "<file>:<line>: ".
class InputError : public Error {
  public:
    explicit InputError(const std::string& text) : Error(text) {}
    InputError(const std::string& file, int line, const std::string& text)
        : Error(file + (line > 0 ? ":" + std::to_string(line) : "") + ": " + text) {}
};

/// Somebody else has the bench: nothing of it was opened, and nothing of it may be.
class BenchInUse : public InputError {
  public:
    using InputError::InputError;
};

/// A stimulus outside a rating or an instrument's range was asked for. Refused, never clipped.
class RatingError : public Error {
  public:
    using Error::Error;
};

/// The wiring between bench and UUT is not what the fixture says.
class WiringError : public Error {
  public:
    using Error::Error;
};

/// An instrument refused, failed or answered nonsense.
class InstrumentError : public Error {
  public:
    using Error::Error;
};

/// The bench has no means for what a test asks, such as breaking the wires of a real CAN bus.
/// Nobody is at fault: the test is inconclusive, unless the bench file says that it cannot.
class BenchCannot : public Error {
  public:
    /// `ability` as a bench file's `cannot:` names it: "can_faults".
    BenchCannot(std::string ability, const std::string& text)
        : Error(text), ability_(std::move(ability)) {}
    [[nodiscard]] const std::string& ability() const { return ability_; }

  private:
    std::string ability_;
};

/// A BMS process broke the link's contract (rig/link/README.md); names it and quotes its log.
class LinkError : public Error {
  public:
    using Error::Error;
};

/// The operator asked to stop (Ctrl-C): verdict ABORTED.
class Aborted : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace bmsrig
