// An open file of the operating system, closed by its destructor.
#pragma once

#include <string_view>
#include <utility>

namespace bmsrig::link {

class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor() { close(); }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    void close();

  private:
    int number_ = -1;
};

struct Pipe {
    FileDescriptor read_end;
    FileDescriptor write_end;
};

/// A pipe that no other process inherits, above the numbers of the standard streams. Throws
/// std::system_error.
Pipe make_pipe();
/// Reads and writes return at once. Throws std::system_error.
void make_non_blocking(const FileDescriptor& file);

}  // namespace bmsrig::link
