// A pair of pseudo terminals: one end is a program's serial port, the other one is ours.
#pragma once

#include <string>
#include <utility>

namespace bmsrig {

/// Both ends stay open for as long as it lives, so that ours is never told of a hang-up.
class Pty {
  public:
    /// Raw, without echo. Throws InstrumentError if the system has none left.
    Pty();
    ~Pty();
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;

    /// "/dev/pts/4".
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Our end, which does not block.
    [[nodiscard]] int descriptor() const { return master_; }

  private:
    int master_ = -1;
    int slave_ = -1;
    std::string path_;
};

}  // namespace bmsrig
