// A serial port of Linux, open and raw: 8 data bits, no parity, 1 stop bit, at any bit rate.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// Who switches an RS-485 adapter between sending and hearing.
enum class DirectionControl : std::uint8_t {
    adapter,  ///< by itself, as most USB adapters do
    kernel,   ///< the kernel, by RTS and to the bit (TIOCSRS485)
    rts       ///< the rig, by RTS: late by as long as the processor takes to come back to it
};

/// What goes wrong is thrown as InstrumentError; it begins with `who` ("instrument "bus", channel
/// 1") and says what to do.
class SerialLine {
  public:
    /// Opens it for this process alone.
    SerialLine(std::string who, std::string device, std::uint32_t bit_rate,
               DirectionControl direction);

    void set_bit_rate(std::uint32_t bit_rate);
    [[nodiscard]] DirectionControl direction() const { return direction_; }
    [[nodiscard]] int descriptor() const { return file_.number(); }

    /// Reads what is there, up to the size of `into`; 0: nothing.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> into);
    /// How many of the bytes the kernel took.
    [[nodiscard]] std::size_t write(std::span<const std::uint8_t> bytes);
    /// Whether the last bit of everything has left.
    [[nodiscard]] bool has_left();
    /// With DirectionControl::rts.
    void drive_rts(bool sends);
    /// What came in and was not read, and what has not left, is forgotten.
    void discard();

  private:
    void open();
    void claim();
    void set_direction();
    [[noreturn]] void fail(const std::string& doing);

    std::string who_;
    std::string device_;
    DirectionControl direction_;
    link::FileDescriptor file_;
};

/// The bit rate that a terminal is set to, at either end of a pseudo terminal; 0: it is none.
std::uint32_t bit_rate_of(int descriptor);

}  // namespace bmsrig
