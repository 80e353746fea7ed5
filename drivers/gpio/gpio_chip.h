// GPIO chips as the kernel offers them, behind one narrow interface: libgpiod 1.6 and 2.x implement
// it (gpio_chip_v1.cpp, gpio_chip_v2.cpp; the build takes the one that fits what it finds), tests
// script it. Every call that fails throws std::system_error with the kernel's number; gpio_user.h
// puts it into words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "rig/instruments/line_bank.h"
#include "rig/time.h"

namespace bmsrig {

struct GpioLineInfo {
    std::string name;      ///< empty: the line has none
    std::string consumer;  ///< who holds it, as it calls itself; may be empty
    bool used = false;     ///< by a program, a hog or a driver of the kernel
};

struct GpioInputSettings {
    Bias bias = Bias::none;  ///< of the pin itself
    bool active_low = false;
    /// By the kernel, which stamps an edge when its line has been at rest for so long. 1.6 has none
    /// (ENOTSUP).
    Duration debounce{};
    /// Edges that the kernel keeps; it takes the next power of two. Always 16 with 1.6.
    std::size_t event_buffer = 64;
};

struct GpioEvent {
    Duration stamp;  ///< CLOCK_MONOTONIC, taken by the kernel when it was interrupted
    bool active = false;
    /// Edges of this line near this one were dropped: their numbers are missing (2.x), or the
    /// kernel's buffer was full and may have dropped some (1.6, which numbers nothing).
    bool after_loss = false;
};

/// A line requested as an input that reports both edges. One request each, so that nothing that
/// happens to one line (another bias, a flood of edges) touches the others.
class GpioInput {
  public:
    virtual ~GpioInput() = default;
    GpioInput(const GpioInput&) = delete;
    GpioInput& operator=(const GpioInput&) = delete;

    /// Readable when events wait. configure() may open another one.
    [[nodiscard]] virtual int descriptor() const = 0;
    /// Appends the events that wait, oldest first; never waits for one.
    virtual void read_events(std::vector<GpioEvent>& into) = 0;
    /// The level now.
    virtual bool active() = 0;
    /// True: the line had to be released for a moment (1.6), and what it did meanwhile was not
    /// seen; events that waited are gone.
    virtual bool configure(const GpioInputSettings& settings) = 0;

  protected:
    GpioInput() = default;
};

/// A line requested as an output. What it does once it is released is the chip's business.
class GpioOutput {
  public:
    virtual ~GpioOutput() = default;
    GpioOutput(const GpioOutput&) = delete;
    GpioOutput& operator=(const GpioOutput&) = delete;

    virtual void set(bool active) = 0;

  protected:
    GpioOutput() = default;
};

class GpioChip {
  public:
    virtual ~GpioChip() = default;
    GpioChip(const GpioChip&) = delete;
    GpioChip& operator=(const GpioChip&) = delete;

    [[nodiscard]] virtual std::string path() const = 0;  ///< "/dev/gpiochip0"
    [[nodiscard]] virtual std::string name() const = 0;  ///< "gpiochip0"
    [[nodiscard]] virtual std::string label() const = 0;
    [[nodiscard]] virtual unsigned lines() const = 0;
    virtual GpioLineInfo info(unsigned offset) = 0;

    /// The chip outlives what is requested of it.
    virtual std::unique_ptr<GpioInput> request_input(unsigned offset, const std::string& consumer,
                                                     const GpioInputSettings& settings) = 0;
    virtual std::unique_ptr<GpioOutput> request_output(unsigned offset, const std::string& consumer,
                                                       bool active_low, bool active) = 0;

  protected:
    GpioChip() = default;
};

/// The chips of this machine.
class GpioSystem {
  public:
    virtual ~GpioSystem() = default;
    GpioSystem(const GpioSystem&) = delete;
    GpioSystem& operator=(const GpioSystem&) = delete;

    /// In the order of their numbers.
    virtual std::vector<std::string> paths() = 0;
    virtual std::unique_ptr<GpioChip> open(const std::string& path) = 0;
    /// "libgpiod 1.6.3"
    [[nodiscard]] virtual std::string library() const = 0;

  protected:
    GpioSystem() = default;
};

/// Those of the kernel.
GpioSystem& kernel_gpio();

}  // namespace bmsrig
