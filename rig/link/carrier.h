// What carries the conversation to a BMS process: pipes, or calls into a shared object.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "rig/link/link.h"

namespace bmsrig::link {

/// A line has at most so many bytes, its line feed included.
constexpr std::size_t longest_line = 65'536;

/// What the rig says in one exchange.
struct Call {
    Instant now;
    std::span<const PortValue> inputs;
    std::span<const Payload> payloads;
};

/// Takes the lines of the process's log, without line feeds.
class LogTaker {
  public:
    virtual void take_log_line(std::string_view line) = 0;

  protected:
    ~LogTaker() = default;
};

/// One BMS process behind one carrier. The destructor ends it in every case. All functions but
/// end() throw Breach.
class Carrier {
  public:
    virtual ~Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;

    /// The next line of the greeting, valid until the next call of any function.
    virtual std::string_view greeting_line() = 0;
    /// The greeting is complete: nothing may have followed it.
    virtual void greeted(const Greeting& greeting) = 0;

    /// Whether answer() needs the call as a line.
    [[nodiscard]] virtual bool needs_line() const = 0;
    /// Carries one call, in its form as a line if needs_line(). Returns the line of the answer,
    /// valid until the next call of any function; or a line without data, and then `answer` has
    /// been filled.
    virtual std::string_view answer(const Call& call, std::string_view line, Answer& answer) = 0;

    /// Ends the process as the contract says.
    virtual void stop() = 0;
    /// Ends the process in any way; says how it ended, "exited with status 3". Harmless if it has
    /// ended already.
    virtual std::string end() noexcept = 0;

  protected:
    Carrier() = default;
};

}  // namespace bmsrig::link
