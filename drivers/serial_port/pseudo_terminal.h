// A pseudo terminal: a serial port without wires, whose other end a program plays.
#pragma once

#include <cstdint>
#include <string>

#include "rig/link/file_descriptor.h"

namespace bmsrig {

/// The playing end; who opens path() has the port.
class PseudoTerminal {
  public:
    /// Throws InstrumentError.
    PseudoTerminal();

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Reads and writes on it return at once; EIO: nobody has the port open any more.
    [[nodiscard]] int descriptor() const { return end_.number(); }
    /// The bit rate that whoever has the port open has set, in bit/s.
    [[nodiscard]] std::uint32_t bit_rate() const;

  private:
    link::FileDescriptor end_;
    std::string path_;
};

}  // namespace bmsrig
